#include "servers/common/listener.h"

#include <netinet/in.h>

#include <cerrno>
#include <fstream>

#include "native/errors.h"
#include "native/program.h"

namespace fb {
namespace {

const char* remedyFor(int error) noexcept {
  switch (error) {
    case EADDRINUSE:
      return "stop the program that uses it or choose another --port";
    case EADDRNOTAVAIL:
      return "choose a --host that this machine has (see: ip address)";
    case EACCES:
      return "choose a --port above 1023 or run as root";
    default:
      return "";
  }
}

// The kernel cuts a larger backlog down without a word, and the experiment would be about another queue.
void warnIfBacklogIsCut(int backlog) {
  int largest = 0;
  std::ifstream("/proc/sys/net/core/somaxconn") >> largest;
  if (largest > 0 && backlog > largest)
    logLine("--backlog " + std::to_string(backlog) + " is cut to " + std::to_string(largest) +
            " by the kernel; raise it with: sysctl net.core.somaxconn=" + std::to_string(backlog));
}

}  // namespace

Fd listenOn(const ServerOptions& options, Blocking blocking) {
  const SocketAddress& address = options.address;
  const auto failed = [&address](int error) {
    return systemError("listen on " + address.text, error, remedyFor(error));
  };
  const int type = SOCK_STREAM | SOCK_CLOEXEC | (blocking == Blocking::no ? SOCK_NONBLOCK : 0);
  Fd listener(::socket(address.family(), type, 0));
  if (!listener) throw failed(errno);
  // The server closes first, so its old connections sit in TIME_WAIT when it is started again.
  const int on = 1;
  if (::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) throw failed(errno);
  if (::bind(listener.get(), address.get(), address.length) != 0) throw failed(errno);
  warnIfBacklogIsCut(options.backlog);
  if (::listen(listener.get(), options.backlog) != 0) throw failed(errno);
  return listener;
}

AcceptFailure classifyAcceptError(int error) noexcept {
  switch (error) {
    case EAGAIN:
      return AcceptFailure::queueEmpty;
    case EMFILE:
    case ENFILE:
      return AcceptFailure::outOfDescriptors;
    case ENOBUFS:
    case ENOMEM:
      return AcceptFailure::outOfMemory;
    case EBADF:
    case EFAULT:
    case EINVAL:
    case ENOTSOCK:
      return AcceptFailure::listenerUnusable;
    default:  // ECONNABORTED, EINTR, and errors of the network that accept() hands on from the connection
      return AcceptFailure::connectionLost;
  }
}

}  // namespace fb
