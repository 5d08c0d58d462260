#include "servers/common/epoll.h"

#include <cerrno>

#include "native/errors.h"

namespace fb {
namespace {

epoll_event eventFor(int fd, std::uint32_t events) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  return event;
}

}  // namespace

Epoll::Epoll() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw systemError("create an epoll instance", errno);
}

bool Epoll::tryAdd(int fd, std::uint32_t events) noexcept {
  epoll_event event = eventFor(fd, events);
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Epoll::add(int fd, std::uint32_t events) {
  if (!tryAdd(fd, events)) throw systemError("watch a descriptor with epoll", errno);
}

void Epoll::modify(int fd, std::uint32_t events) noexcept {
  epoll_event event = eventFor(fd, events);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Epoll::remove(int fd) noexcept { ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

std::span<const epoll_event> Epoll::wait(int timeoutMs) {
  const int count = ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), timeoutMs);
  if (count < 0 && errno != EINTR) throw systemError("wait with epoll", errno);
  return {events_.data(), static_cast<std::size_t>(count < 0 ? 0 : count)};
}

}  // namespace fb
