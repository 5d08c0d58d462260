// What an engine is asked to do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "native/address.h"

namespace fb {

// Who ends a connection.
enum class Close : std::uint8_t {
  server,  // the client reads to the end of the stream first
  client,  // as soon as the whole response is there, so TIME_WAIT is the client's
  reset,   // the same, but with a reset, which leaves TIME_WAIT to nobody
};

enum class ArrivalProcess : std::uint8_t { constant, poisson };

// Requests start at times that are planned, not when others have ended.
struct OpenLoopPlan {
  double rate = 0;  // requests a second
  ArrivalProcess arrivals = ArrivalProcess::constant;
  std::uint64_t seed = 0;  // of Poisson's gaps
};

struct LoadPlan {
  SocketAddress server;
  std::string path = "/";
  unsigned connections = 50;             // kept busy; most that are open at once in an open loop
  std::uint64_t warmupNs = 0;       // at least
  std::uint64_t warmupLimitNs = 0;  // until then it goes on while the rate is not steady; no more than warmupNs: fixed
  std::uint64_t durationNs = 0;
  std::uint64_t drainNs = 0;
  std::uint64_t rampNs = 0;         // time over which the first connections are opened
  std::uint64_t expectedBytes = 0;  // of a whole response; 0: whatever its own headers say
  std::uint64_t sendDelayNs = 0;    // between the handshake and the request
  std::uint64_t readRate = 0;       // most bytes a second that a connection reads; 0: no limit
  Close close = Close::server;
  std::uint32_t requestsPerConnection = 1;  // most; 0: as many as the server takes
  std::optional<OpenLoopPlan> openLoop;  // nothing: a closed loop
};

}  // namespace fb
