#include "servers/common/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

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

enum class SharedPort { yes, no };

FatalError listenError(const ServerOptions& options, int error) {
  return systemError("listen on " + options.address.text, error, remedyFor(error));
}

Fd bound(const ServerOptions& options, Blocking blocking, SharedPort sharedPort) {
  const SocketAddress& address = options.address;
  const int type = SOCK_STREAM | SOCK_CLOEXEC | (blocking == Blocking::no ? SOCK_NONBLOCK : 0);
  Fd socket(::socket(address.family(), type, 0));
  if (!socket) throw listenError(options, errno);
  const auto set = [&](int level, int option, int value) {
    if (::setsockopt(socket.get(), level, option, &value, sizeof value) != 0) throw listenError(options, errno);
  };
  // The server closes first, so its old connections sit in TIME_WAIT when it is started again.
  set(SOL_SOCKET, SO_REUSEADDR, 1);
  if (sharedPort == SharedPort::yes) set(SOL_SOCKET, SO_REUSEPORT, 1);
  if (options.deferAcceptSeconds > 0) set(IPPROTO_TCP, TCP_DEFER_ACCEPT, options.deferAcceptSeconds);
  // Accepted sockets inherit it. Else the answer to a pipelined request would wait for the client's acknowledgement of the
  // one before, which the client delays.
  if (options.requestsPerConnection != 1) set(IPPROTO_TCP, TCP_NODELAY, 1);
  if (::bind(socket.get(), address.get(), address.length) != 0) throw listenError(options, errno);
  return socket;
}

Fd listening(const ServerOptions& options, Blocking blocking, SharedPort sharedPort) {
  Fd listener = bound(options, blocking, sharedPort);
  if (::listen(listener.get(), options.backlog) != 0) throw listenError(options, errno);
  return listener;
}

}  // namespace

Fd listenOn(const ServerOptions& options, Blocking blocking) {
  warnIfBacklogIsCut(options.backlog);
  return listening(options, blocking, SharedPort::no);
}

std::vector<Fd> listenSharing(const ServerOptions& options, std::uint32_t count) {
  warnIfBacklogIsCut(options.backlog);
  // Another program that shares the port would be given part of the connections, without a word to either.
  bound(options, Blocking::no, SharedPort::no);
  std::vector<Fd> listeners;
  for (std::uint32_t made = 0; made < count; ++made)
    listeners.push_back(listening(options, Blocking::no, SharedPort::yes));
  return listeners;
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
