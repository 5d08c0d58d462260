// An epoll instance whose events carry the descriptor that they are about.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

#include "native/fd.h"

namespace fb {

// Whether an event is reported as long as its cause lasts, or once.
enum class Trigger { level, edge };

constexpr std::uint32_t flagOf(Trigger trigger) noexcept {
  return trigger == Trigger::edge ? std::uint32_t{EPOLLET} : 0;
}

class Epoll {
 public:
  Epoll();

  // False with errno when the kernel refuses (ENOSPC, ENOMEM).
  [[nodiscard]] bool tryAdd(int fd, std::uint32_t events) noexcept;
  void add(int fd, std::uint32_t events);
  void modify(int fd, std::uint32_t events) noexcept;
  void remove(int fd) noexcept;

  // Waits for `timeoutMs`, for ever if that is negative. Each descriptor occurs once at most. Empty after the
  // time or a signal. The events are valid until the next call.
  std::span<const epoll_event> wait(int timeoutMs);

  void close() noexcept { epoll_.reset(); }

 private:
  Fd epoll_;
  std::array<epoll_event, 512> events_;
};

}  // namespace fb
