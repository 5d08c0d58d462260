// The flags that all servers have.
#pragma once

#include <cstdint>
#include <string>

#include "native/address.h"
#include "native/flags.h"

namespace fb {

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 11111;
  std::int32_t backlog = 5;
  std::int64_t responseBytes = 66;
  std::uint32_t workUs = 0;
  std::int32_t deferAcceptSeconds = 0;
  std::int32_t recvTimeoutMs = 0;
  std::uint32_t requestsPerConnection = 1;  // most; 0: no limit
  std::string countersFile;

  SocketAddress address;  // host and port, once parsed
};

// Adds the common flags, parses the command line and completes the options; false when --help was printed.
// A program adds the flags of its own to `flags` before.
[[nodiscard]] bool parseServerOptions(Flags& flags, ServerOptions& options, int argc, char** argv);

}  // namespace fb
