// The listening socket.
#pragma once

#include "native/fd.h"
#include "servers/common/server-options.h"

namespace fb {

enum class Blocking { yes, no };

// Bound to the options' address and listening with their backlog; a FatalError says what to do about a failure.
Fd listenOn(const ServerOptions& options, Blocking blocking);

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
