#include "servers/common/http-connections.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "native/clock.h"

namespace fb {
namespace {

constexpr std::uint32_t readable = EPOLLIN | EPOLLET;
constexpr std::uint32_t writable = EPOLLOUT | EPOLLET;

// See lingering-close.h. Here nobody waits meanwhile, so slow clients get time.
constexpr std::uint64_t lingerNs = 2'000'000'000;

// Reads of one connection before the others get their turn, so that a client that never stops sending can't
// keep the loop to itself.
constexpr int readsPerTurn = 16;

}  // namespace

HttpConnections::HttpConnections(Epoll& epoll, const Answers& answers, const CpuWork& work, CounterSlot& counters,
                                 ConnectionRules rules)
    : epoll_(epoll),
      answers_(answers),
      work_(work),
      counters_(counters),
      shortcuts_(rules.shortcuts),
      silent_(static_cast<std::uint64_t>(rules.recvTimeoutMs) * 1'000'000),
      lingering_(lingerNs) {}

HttpConnections::~HttpConnections() {
  for (std::size_t fd = 0; fd < byFd_.size(); ++fd) {
    Connection& connection = byFd_[fd];
    if (connection.phase == Phase::closed) continue;
    if (connection.phase != Phase::lingering) counters_.errors.add();
    close(static_cast<int>(fd), connection);
  }
}

void HttpConnections::open(int fd, std::string_view received) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= byFd_.size()) byFd_.resize(index + 1);
  Connection& connection = byFd_[index];
  connection = Connection();
  connection.phase = Phase::reading;
  counters_.accepted.add();
  const bool hasRequest = !received.empty();
  if (shortcuts_ && !hasRequest) return read(fd, connection);
  silent_.begin(fd);
  if (!watch(fd, connection, readable)) return fail(fd, connection);
  if (!hasRequest) return;
  connection.sentTooMuch = connection.request.feed(received) < received.size();
  if (!connection.request.isIncomplete()) answer(fd, connection);
}

void HttpConnections::onReady(int fd) {
  Connection& connection = at(fd);
  switch (connection.phase) {
    case Phase::reading:
      return read(fd, connection);
    case Phase::writing:
      return write(fd, connection);
    case Phase::lingering:
      return drop(fd, connection);
    case Phase::closed:
      return;
  }
}

// Reports at once what is there already, also to a connection that was watched for the same before.
bool HttpConnections::watch(int fd, Connection& connection, std::uint32_t events) noexcept {
  if (connection.isWatched) {
    epoll_.modify(fd, events);
    return true;
  }
  connection.isWatched = epoll_.tryAdd(fd, events);
  return connection.isWatched;
}

void HttpConnections::read(int fd, Connection& connection) {
  switch (readRequest(fd, connection)) {
    case Input::whole:
      return answer(fd, connection);
    case Input::lost:
      return fail(fd, connection);
    case Input::waiting:
      silent_.begin(fd);
      if (!connection.isWatched && !watch(fd, connection, readable)) fail(fd, connection);
  }
}

HttpConnections::Input HttpConnections::readRequest(int fd, Connection& connection) {
  RequestParser& request = connection.request;
  for (int turn = 0; turn < readsPerTurn; ++turn) {
    const ssize_t received = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (received > 0) {
      const auto bytes = static_cast<std::size_t>(received);
      if (request.feed({buffer_.data(), bytes}) < bytes) connection.sentTooMuch = true;
      if (shortcuts_ && bytes < buffer_.size() && request.status() == RequestParser::Status::complete)
        return Input::whole;
      // No need to empty the socket of what nobody wants: it is dropped while the connection lingers.
      if (connection.sentTooMuch || request.status() == RequestParser::Status::rejected) return Input::whole;
    } else if (received == 0) {
      connection.clientEnded = true;
      return request.isIncomplete() ? Input::lost : Input::whole;
    } else if (errno == EAGAIN) {
      counters_.eagains.add();
      return request.isIncomplete() ? Input::waiting : Input::whole;
    } else if (errno != EINTR) {
      return Input::lost;
    }
  }
  if (!request.isIncomplete()) return Input::whole;
  return watch(fd, connection, readable) ? Input::waiting : Input::lost;
}

void HttpConnections::answer(int fd, Connection& connection) {
  connection.answer = answers_.answerTo(connection.request);
  if (connection.answer.isSuccess) work_.perform();
  connection.phase = Phase::writing;
  silent_.end(fd);
  write(fd, connection);
}

void HttpConnections::write(int fd, Connection& connection) {
  const bool closesAfterwards = shortcuts_ && !mayStillSend(connection);
  while (connection.sent < connection.answer.size()) {
    const ssize_t written = closesAfterwards ? sendLastAnswer(fd, connection.answer, connection.sent)
                                             : writeAnswer(fd, connection.answer, connection.sent);
    if (written >= 0) {
      connection.sent += static_cast<std::size_t>(written);
      counters_.bytesSent.add(static_cast<std::uint64_t>(written));
    } else if (errno == EAGAIN) {
      counters_.eagains.add();
      if (!connection.waitsToWrite && !watch(fd, connection, writable)) return fail(fd, connection);
      connection.waitsToWrite = true;
      return;
    } else if (errno != EINTR) {
      return fail(fd, connection);
    }
  }
  finish(fd, connection);
}

void HttpConnections::finish(int fd, Connection& connection) {
  (connection.answer.isSuccess ? counters_.answered : counters_.errors).add();
  if (mayStillSend(connection))
    linger(fd, connection);
  else
    close(fd, connection);
}

bool HttpConnections::mayStillSend(const Connection& connection) noexcept {
  return (!connection.answer.isSuccess || connection.sentTooMuch) && !connection.clientEnded;
}

void HttpConnections::linger(int fd, Connection& connection) {
  if (::shutdown(fd, SHUT_WR) != 0 || !watch(fd, connection, readable)) return close(fd, connection);
  connection.phase = Phase::lingering;
  lingering_.begin(fd);
}

void HttpConnections::drop(int fd, Connection& connection) {
  for (int turn = 0; turn < readsPerTurn; ++turn) {
    const ssize_t received = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (received < 0 && errno == EAGAIN) return;
    if (received == 0 || (received < 0 && errno != EINTR)) return close(fd, connection);
  }
  epoll_.modify(fd, readable);
}

int HttpConnections::closeOverdue() noexcept {
  if (silent_.areNone() && lingering_.areNone()) return -1;
  const std::uint64_t nowNs = monotonicNs();
  for (int fd; (fd = silent_.takeOverdue(nowNs)) >= 0;) fail(fd, at(fd));
  for (int fd; (fd = lingering_.takeOverdue(nowNs)) >= 0;) close(fd, at(fd));
  const int silentMs = silent_.waitMs(nowNs);
  const int lingeringMs = lingering_.waitMs(nowNs);
  if (silentMs < 0 || lingeringMs < 0) return std::max(silentMs, lingeringMs);
  return std::min(silentMs, lingeringMs);
}

void HttpConnections::fail(int fd, Connection& connection) {
  counters_.errors.add();
  close(fd, connection);
}

void HttpConnections::close(int fd, Connection& connection) noexcept {
  connection.phase = Phase::closed;
  silent_.end(fd);
  lingering_.end(fd);
  ::close(fd);  // which also takes it out of epoll
}

}  // namespace fb
