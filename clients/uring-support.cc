#include "clients/uring-support.h"

#include <liburing.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>

#include "clients/proc-file.h"
#include "clients/ring.h"
#include "native/errors.h"
#include "native/fd.h"

namespace fb {
namespace {

const std::string otherwise = ", or use --engine epoll";
const std::string newerKernel = "use Linux 6.13 or newer" + otherwise;

std::optional<Obstacle> missingOperation() {
  constexpr std::array needed{IORING_OP_SOCKET,  IORING_OP_CONNECT, IORING_OP_SEND,         IORING_OP_POLL_ADD, IORING_OP_RECV,
                              IORING_OP_TIMEOUT, IORING_OP_CLOSE,   IORING_OP_ASYNC_CANCEL, IORING_OP_URING_CMD};
  const std::unique_ptr<io_uring_probe, void (*)(io_uring_probe*)> probe(io_uring_get_probe(), io_uring_free_probe);
  for (const io_uring_op operation : needed)
    if (!probe || io_uring_opcode_supported(probe.get(), operation) == 0)
      return Obstacle{"this kernel's io_uring lacks operation " + std::to_string(operation), newerKernel};
  return std::nullopt;
}

struct SocketPair {
  SocketPair() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw systemError("socketpair", errno);
    first.reset(ends[0]);
    second.reset(ends[1]);
  }

  Fd first;
  Fd second;
};

// Kernels before 6.13 close a direct descriptor only when every request that was started before has ended: one server
// that never answers, and no connection would be closed any more. Here a request waits on one descriptor while a new
// socket takes the place of another, whose peer must see that it is closed.
bool closesAtOnce(Ring& ring) {
  constexpr int closeLimitMs = 100;
  SocketPair waiting;
  SocketPair closing;
  const int files[] = {waiting.first.get(), closing.first.get()};
  if (ring.updateFiles(files, 2) != 0) return false;
  waiting.first.reset();
  closing.first.reset();

  char byte = 0;
  ring.reserve(2);
  io_uring_sqe* const receive = ring.next();
  io_uring_prep_recv(receive, 0, &byte, 1, 0);
  receive->flags = IOSQE_FIXED_FILE;
  io_uring_sqe* const socket = ring.next();
  io_uring_prep_socket_direct(socket, AF_INET, SOCK_STREAM, IPPROTO_TCP, 1, 0);
  socket->user_data = 0;
  ring.submitAndWait(1'000'000'000);
  pollfd peer{closing.second.get(), POLLIN, 0};
  return ::poll(&peer, 1, closeLimitMs) == 1;
}

}  // namespace

Obstacle uringObstacleFrom(int error) {
  switch (error) {
    case ENOSYS:
      return {"this kernel has no io_uring, or a container's filter of system calls hides it",
              newerKernel + "; in a container: --security-opt seccomp=unconfined"};
    case EPERM: {
      const auto disabled = numbersIn("/proc/sys/kernel/io_uring_disabled");
      if (!disabled.empty() && disabled.front() != 0)
        return {"io_uring is switched off: kernel.io_uring_disabled is " + std::to_string(disabled.front()),
                "`sysctl -w kernel.io_uring_disabled=0` as root" + otherwise};
      return {"io_uring is refused by a filter of system calls, as containers have",
              "run outside the container, or with --security-opt seccomp=unconfined" + otherwise};
    }
    case EINVAL:
      return {"this kernel's io_uring is too old", newerKernel};
    case ENOMEM:
      return {"there is no memory for an io_uring, or not so much may be locked",
              "raise it with `ulimit -l unlimited` as root" + otherwise};
    case EMFILE:
      return {"the table of direct descriptors is larger than the limit of open files",
              "raise that with `ulimit -n`" + otherwise};
    default:
      return {"io_uring can't be set up: " + errnoText(error), "use --engine epoll"};
  }
}

std::optional<Obstacle> uringObstacle() {
  Ring ring;
  if (const int error = ring.open(8, 16, 2); error != 0) return uringObstacleFrom(error);
  if (auto missing = missingOperation()) return missing;
  if (!closesAtOnce(ring))
    return Obstacle{"this kernel's io_uring closes direct descriptors late, which would leave connections open",
                    newerKernel};
  return std::nullopt;
}

}  // namespace fb
