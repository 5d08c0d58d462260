// Waits for epoll's events until a moment, not until the millisecond after it.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <span>

namespace fb {

class EventWait {
 public:
  // The events that came, none when `timeoutNs` has passed or a signal came. FatalError when the kernel refuses.
  std::span<const epoll_event> wait(int epoll, std::span<epoll_event> events, std::uint64_t timeoutNs);

 private:
  bool isPrecise_ = true;  // until the kernel says that it is not
};

}  // namespace fb
