#include "clients/readiness.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "clients/request-text.h"
#include "clients/response-checker.h"
#include "native/clock.h"
#include "native/errors.h"
#include "native/fd.h"
#include "native/program.h"

namespace fb {
namespace {

constexpr std::uint64_t nsPerMs = 1'000'000;

// A new request after that time: a lost one must not use up all the time there is.
constexpr std::uint64_t attemptNs = 1'000 * nsPerMs;
constexpr std::uint64_t betweenAttemptsNs = 10 * nsPerMs;

struct Stopped {};

// Waits for `events` on a socket (-1: only for the time). False when `untilNs` came first; throws Stopped.
bool waitFor(int socket, short events, std::uint64_t untilNs, const SignalFd& stop) {
  while (true) {
    const std::uint64_t now = monotonicNs();
    const int timeoutMs = now >= untilNs ? 0 : static_cast<int>((untilNs - now + nsPerMs - 1) / nsPerMs);
    pollfd waiting[] = {{stop.fd(), POLLIN, 0}, {socket, events, 0}};
    const int ready = ::poll(waiting, 2, timeoutMs);
    if (ready < 0 && errno != EINTR) throw systemError("poll", errno);
    if (waiting[0].revents != 0) throw Stopped();
    if (ready > 0) return true;
    if (ready == 0) return false;
  }
}

std::string reasonOf(Failure failure, const ResponseChecker& response) {
  if (failure == Failure::badStatus) return "answered with status " + std::to_string(response.status());
  if (failure == Failure::malformed) return "answered with something that is not HTTP/1";
  if (response.bytes() == 0) return "closed the connection without an answer";
  if (failure == Failure::closedEarly) return "closed the connection before the whole response was there";
  return "answered with a wrong length, " + std::to_string(response.bytes()) + " bytes in all";
}

class Attempt {
 public:
  Attempt(const LoadPlan& plan, std::uint64_t untilNs, const SignalFd& stop)
      : plan_(plan), untilNs_(untilNs), stop_(stop) {}

  // Empty when the server has answered, else why not.
  std::string run() {
    socket_.reset(::socket(plan_.server.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
    if (!socket_) return errnoText(errno);
    if (const int error = connectError(); error == ETIMEDOUT)
      return "did not take the connection";
    else if (error != 0)
      return errnoText(error);
    const std::string request = plainRequest(plan_);
    if (::send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return errnoText(errno);
    return readResponse();
  }

 private:
  int connectError() {
    if (::connect(socket_.get(), plan_.server.get(), plan_.server.length) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    if (!waitFor(socket_.get(), POLLOUT, untilNs_, stop_)) return ETIMEDOUT;
    int error = 0;
    socklen_t length = sizeof(error);
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    return error;
  }

  std::string readResponse() {
    ResponseChecker response;
    std::array<char, 16384> buffer;
    while (waitFor(socket_.get(), POLLIN, untilNs_, stop_)) {
      const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
      if (got < 0 && errno != EAGAIN && errno != EINTR) return errnoText(errno);
      if (got > 0) response.feed({buffer.data(), static_cast<std::size_t>(got)});
      if (got == 0) {
        const auto failure = response.verdict(plan_.expectedBytes);
        return failure ? reasonOf(*failure, response) : "";
      }
      if (monotonicNs() >= untilNs_) break;
    }
    return response.bytes() == 0 ? "took the connection, but did not answer" : "did not end its response";
  }

  const LoadPlan& plan_;
  std::uint64_t untilNs_;
  const SignalFd& stop_;
  Fd socket_;
};

}  // namespace

int waitUntilReady(const LoadPlan& plan, std::uint64_t waitNs, const SignalFd& stop) {
  const std::uint64_t endNs = monotonicNs() + waitNs;
  std::string lastReason;
  try {
    while (true) {
      const std::uint64_t attemptEndNs = std::min(endNs, monotonicNs() + attemptNs);
      const std::string reason = Attempt(plan, attemptEndNs, stop).run();
      if (reason.empty()) return 0;
      // An attempt that the end has cut short tells less than the one before.
      const bool cutShort = attemptEndNs == endNs && monotonicNs() >= endNs;
      if (lastReason.empty() || !cutShort) lastReason = reason;
      if (monotonicNs() + betweenAttemptsNs >= endNs) break;
      waitFor(-1, 0, monotonicNs() + betweenAttemptsNs, stop);
    }
  } catch (const Stopped&) {
    return interruptedExitCode;
  }
  logLine(plan.server.text + " was not ready within " + std::to_string(waitNs / nsPerMs) + " ms: " + lastReason +
          "; start the server, or raise --wait-ready-ms");
  return 1;
}

}  // namespace fb
