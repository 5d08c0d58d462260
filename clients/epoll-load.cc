#include "clients/epoll-load.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "clients/client-socket.h"
#include "clients/local-ports.h"
#include "native/clock.h"
#include "native/errors.h"

namespace fb {
namespace {

constexpr std::uint32_t stopKey = UINT32_MAX;

// Of <linux/in.h>, which may be older than the kernel.
constexpr int localPortRange = 51;

void control(int epoll, int operation, int fd, std::uint32_t events, std::uint32_t key) {
  epoll_event event{};
  event.events = events;
  event.data.u32 = key;
  if (::epoll_ctl(epoll, operation, fd, &event) != 0) throw systemError("epoll_ctl", errno);
}

}  // namespace

EpollLoad::EpollLoad(const LoadPlan& plan, const WindowLog& log, const SignalFd& stop)
    : plan_(plan),
      use_(plan),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      slots_(plan.connections),
      loop_(plan, log),
      endWait_(plan),
      pace_(plan.readRate),
      portRange_(portRangeFor(plan.connections)) {
  if (!epoll_) throw systemError("epoll_create1", errno);
  control(epoll_.get(), EPOLL_CTL_ADD, stop.fd(), EPOLLIN, stopKey);
}

std::optional<Measurement> EpollLoad::run() {
  while (true) {
    const std::uint64_t now = monotonicNs();
    loop_.startDue(now, [this](std::uint32_t index) { begin(slots_[index]); });
    if (loop_.isDone(now)) return loop_.measurement(now);
    resumeDue(now);
    readLateOnes(now);
    if (!handleEvents()) return std::nullopt;
  }
}

std::uint64_t EpollLoad::timeoutNs() const noexcept {
  const std::uint64_t next = std::min({nextLateCheckNs_, loop_.nextTimeNs(), pauses_.nextDueNs()});
  const std::uint64_t now = monotonicNs();
  return next <= now ? 0 : next - now;
}

// False when it was told to stop.
bool EpollLoad::handleEvents() {
  std::array<epoll_event, 512> room;
  for (const epoll_event& event : events_.wait(epoll_.get(), room, timeoutNs())) {
    if (event.data.u32 == stopKey) return false;
    handle(slots_[event.data.u32], event.events);
  }
  return true;
}

void EpollLoad::begin(Slot& slot) {
  slot.sent = 0;
  slot.seenWithData = false;
  slot.earlyEvents = 0;
  slot.response = ResponseChecker();
  ++slot.carried;
  if (slot.socket) {
    loop_.begin(indexOf(slot), monotonicNs());
    loop_.reuse(indexOf(slot));
    return sendRequest(slot, 0);
  }
  slot.socket.reset(::socket(plan_.server.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  loop_.begin(indexOf(slot), monotonicNs());
  connect(slot);
}

void EpollLoad::connect(Slot& slot) {
  slot.state = State::connecting;
  if (!slot.socket) return fail(slot, Failure::other, errno);
  setOptions(slot.socket.get());
  if (::connect(slot.socket.get(), plan_.server.get(), plan_.server.length) != 0 && errno != EINPROGRESS)
    return fail(slot, failureFrom(errno, false), errno);
  // The only registration that a small response needs. Edge-triggered, EPOLLOUT comes once, for the handshake;
  // and without EPOLLIN the data wakes nobody up: the end of the stream does, and one recv then gets it all.
  control(epoll_.get(), EPOLL_CTL_ADD, slot.socket.get(), EPOLLOUT | EPOLLRDHUP | EPOLLET, indexOf(slot));
}

void EpollLoad::setOptions(int socket) const {
  // Kernels before 6.3 refuse it, and connect more slowly.
  if (portRange_ != 0) setOption(socket, IPPROTO_IP, localPortRange, portRange_);
  const linger resetAtClose{1, 0};
  const bool done =
      (pace_.intervalNs == 0 || setOption(socket, SOL_SOCKET, SO_RCVBUF, pace_.receiveBuffer)) &&
      (plan_.close != Close::reset || setOption(socket, SOL_SOCKET, SO_LINGER, resetAtClose));
  if (!done) throw systemError("setsockopt", errno);
}

void EpollLoad::handle(Slot& slot, std::uint32_t events) {
  switch (slot.state) {
    case State::idle:
      return close(slot);  // the server has closed a connection that waits for its next request
    case State::readingSlowly:
      return;
    case State::delaying:
      slot.earlyEvents |= events;
      return;
    case State::connecting:
      return finishConnect(slot, events);
    case State::sending:
      return sendRequest(slot, events);
    case State::awaitingEnd:
    case State::reading:
      return receive(slot, events);
  }
}

void EpollLoad::finishConnect(Slot& slot, std::uint32_t events) {
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
    if (const int error = pendingError(slot.socket.get()); error != 0) {
      const Failure failure = failureFrom(error, false);
      // A refusal is not reported as a reset: here the handshake had been done.
      if (failure == Failure::reset) loop_.handshakeDone(indexOf(slot), monotonicNs());
      return fail(slot, failure, error);
    }
  }
  loop_.handshakeDone(indexOf(slot), monotonicNs());
  if (plan_.sendDelayNs == 0) return sendRequest(slot, events);
  slot.state = State::delaying;
  slot.earlyEvents = events;
  pauses_.add(monotonicNs() + plan_.sendDelayNs, indexOf(slot));
}

void EpollLoad::resumeDue(std::uint64_t now) {
  while (pauses_.nextDueNs() <= now) {
    Slot& slot = slots_[pauses_.take()];
    if (slot.state == State::delaying)
      sendRequest(slot, slot.earlyEvents);
    else
      readSlowly(slot);
  }
}

void EpollLoad::sendRequest(Slot& slot, std::uint32_t events) {
  slot.state = State::sending;
  const std::string& request = use_.request(slot.carried);
  while (slot.sent < request.size()) {
    const ssize_t sent =
        ::send(slot.socket.get(), request.data() + slot.sent, request.size() - slot.sent, MSG_NOSIGNAL);
    if (sent >= 0)
      slot.sent += static_cast<std::uint32_t>(sent);
    else if (errno == EAGAIN)
      return awaitRoom(slot);
    else if (errno != EINTR)
      return lose(slot, errno);
  }
  if (pace_.intervalNs > 0) {
    slot.state = State::readingSlowly;
    return pauses_.add(monotonicNs() + pace_.intervalNs, indexOf(slot));
  }
  // A connection that goes on has no end to wait for.
  if (!endWait_.isWorthwhile() || !use_.isLast(slot.carried) || slot.carried > 1) return readAsItArrives(slot);
  slot.state = State::awaitingEnd;
  if ((events & EPOLLRDHUP) != 0) receive(slot, events);
}

// A new socket is watched for that already.
void EpollLoad::awaitRoom(Slot& slot) {
  if (!slot.isReadEager) return;
  slot.isReadEager = false;
  control(epoll_.get(), EPOLL_CTL_MOD, slot.socket.get(), EPOLLOUT | EPOLLRDHUP | EPOLLET, indexOf(slot));
}

// Level-triggered, one recv an event: an endless response can't keep the others waiting.
void EpollLoad::readAsItArrives(Slot& slot) {
  slot.state = State::reading;
  if (slot.isReadEager) return;
  slot.isReadEager = true;
  control(epoll_.get(), EPOLL_CTL_MOD, slot.socket.get(), EPOLLIN | EPOLLRDHUP, indexOf(slot));
}

void EpollLoad::receive(Slot& slot, std::uint32_t events) {
  const bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
  // The whole stream is in the receive buffer: a recv that does not fill ours has reached its end, which saves
  // the one that would return 0. After a reset that can't be relied on.
  const bool allHere = (events & EPOLLRDHUP) != 0 && !broken;
  if (slot.state == State::awaitingEnd && !allHere && !broken) return;
  while (true) {
    const ssize_t got = ::recv(slot.socket.get(), buffer_.data(), buffer_.size(), 0);
    if (got == 0) return onEnd(slot);
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return;
      return lose(slot, errno);
    }
    slot.response.feed({buffer_.data(), static_cast<std::size_t>(got)});
    if (use_.hasAll(slot.carried, slot.response)) return checkResponse(slot);
    if (allHere && static_cast<std::size_t>(got) < buffer_.size()) return checkResponse(slot);
    if (!allHere && !broken) return;
  }
}

// Not told of anything by epoll: it looks when its time has come.
void EpollLoad::readSlowly(Slot& slot) {
  const ssize_t got = ::recv(slot.socket.get(), buffer_.data(), pace_.chunkBytes, 0);
  if (got == 0) return onEnd(slot);
  if (got < 0 && errno != EAGAIN && errno != EINTR) return lose(slot, errno);
  if (got > 0) {
    slot.response.feed({buffer_.data(), static_cast<std::size_t>(got)});
    if (use_.hasAll(slot.carried, slot.response)) return checkResponse(slot);
  }
  pauses_.add(monotonicNs() + pace_.intervalNs, indexOf(slot));
}

void EpollLoad::onEnd(Slot& slot) {
  if (ConnectionUse::wasLeft(slot.carried, slot.response)) return reconnect(slot);
  checkResponse(slot);
}

void EpollLoad::lose(Slot& slot, int error) {
  if (ConnectionUse::wasLeft(slot.carried, slot.response)) return reconnect(slot);
  fail(slot, failureFrom(error, true), error);
}

void EpollLoad::reconnect(Slot& slot) {
  close(slot);
  slot.sent = 0;
  slot.carried = 1;
  loop_.reconnect(indexOf(slot), monotonicNs());
  slot.socket.reset(::socket(plan_.server.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  connect(slot);
}

void EpollLoad::checkResponse(Slot& slot) {
  const std::uint64_t now = monotonicNs();
  if (const auto failure = slot.response.verdict(plan_.expectedBytes)) return fail(slot, *failure);
  endWait_.learn(slot.response.bytes(), loop_.waitedNs(indexOf(slot), now));
  slot.state = State::idle;
  if (!use_.goesOn(slot.carried, slot.response)) close(slot);
  if (loop_.succeed(indexOf(slot), now, slot.response.bytes()))
    begin(slot);
  else if (!loop_.isOpen())
    close(slot);
}

void EpollLoad::fail(Slot& slot, Failure failure, int error) {
  const std::uint64_t now = monotonicNs();
  close(slot);
  loop_.fail(indexOf(slot), now, failure, error);
}

void EpollLoad::close(Slot& slot) noexcept {
  slot.socket.reset();
  slot.state = State::idle;
  slot.carried = 0;
  slot.isReadEager = false;
}

// A response that fills the receive window has no end before somebody reads it. It is known by data that waits for
// two checks; at one of them alone the end could be just behind.
void EpollLoad::readLateOnes(std::uint64_t now) {
  if (now < nextLateCheckNs_) return;
  nextLateCheckNs_ = now + EndWait::checkNs;
  for (Slot& slot : slots_) {
    const bool isLate = slot.state == State::awaitingEnd && loop_.waitedNs(indexOf(slot), now) >= endWait_.lateNs();
    if (!isLate || !hasData(slot.socket.get())) continue;
    if (slot.seenWithData) {
      endWait_.giveUp();
      readAsItArrives(slot);
    }
    slot.seenWithData = true;
  }
}

}  // namespace fb
