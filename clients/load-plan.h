// What an engine is asked to do.
#pragma once

#include <cstdint>
#include <string>

#include "native/address.h"

namespace fb {

struct LoadPlan {
  SocketAddress server;
  std::string path = "/";
  unsigned connections = 50;
  std::uint64_t warmupNs = 0;
  std::uint64_t durationNs = 0;
  std::uint64_t drainNs = 0;
  std::uint64_t rampNs = 0;         // time over which the first connections are opened
  std::uint64_t expectedBytes = 0;  // of a whole response; 0: whatever its own headers say
};

}  // namespace fb
