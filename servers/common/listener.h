// The listening socket.
#pragma once

#include <cstdint>
#include <vector>

#include "native/fd.h"
#include "servers/common/blocking.h"
#include "servers/common/server-options.h"

namespace fb {

// Bound to the options' address and listening with their backlog; a FatalError says what to do about a failure.
Fd listenOn(const ServerOptions& options, Blocking blocking);

// Several non-blocking ones on the same address (SO_REUSEPORT), among which the kernel distributes the connections,
// each with a queue of its own. Fails as listenOn() where another program has the address, even one that would share
// it.
std::vector<Fd> listenSharing(const ServerOptions& options, std::uint32_t count);

// What a failed accept() calls for.
enum class AcceptFailure {
  queueEmpty,         // nothing to accept
  connectionLost,     // this client is gone, the next may be there
  outOfDescriptors,   // EMFILE, ENFILE: the connection stays in the queue
  outOfMemory,        // may pass
  listenerUnusable,   // will not pass
};
AcceptFailure classifyAcceptError(int error) noexcept;

}  // namespace fb
