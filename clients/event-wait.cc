#include "clients/event-wait.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "native/errors.h"

namespace fb {
namespace {

// SYS_epoll_pwait2 of <sys/syscall.h>, which may be older than the kernel.
constexpr long epollPwait2 = 441;

// Rounded down: the last fraction of a millisecond is spent looking again and again, since to sleep through it would
// be late.
int wholeMs(std::uint64_t ns) noexcept {
  return static_cast<int>(std::min<std::uint64_t>(ns / 1'000'000, 86'400'000));
}

}  // namespace

std::span<const epoll_event> EventWait::wait(int epoll, std::span<epoll_event> events, std::uint64_t timeoutNs) {
  const int room = static_cast<int>(events.size());
  long ready = -1;
  if (isPrecise_) {
    const timespec timeout{static_cast<time_t>(timeoutNs / 1'000'000'000),
                           static_cast<long>(timeoutNs % 1'000'000'000)};
    ready = ::syscall(epollPwait2, epoll, events.data(), room, &timeout, nullptr, 0);
    // Linux before 5.11 has no such call, and the filters of some containers refuse what they do not know.
    if (ready < 0 && (errno == ENOSYS || errno == EPERM)) isPrecise_ = false;
  }
  if (!isPrecise_) ready = ::epoll_wait(epoll, events.data(), room, wholeMs(timeoutNs));
  if (ready < 0 && errno != EINTR) throw systemError("epoll_wait", errno);
  return events.first(static_cast<std::size_t>(std::max(ready, 0L)));
}

}  // namespace fb
