#include "servers/common/http-connections.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "native/clock.h"

namespace fb {
namespace {

constexpr std::uint32_t readable = EPOLLIN | EPOLLET;
// Whoever stops reading before EAGAIN is not told again of an end that came before the read.
constexpr std::uint32_t readableOrEnded = readable | EPOLLRDHUP;
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
      requestsPerConnection_(rules.requestsPerConnection),
      readable_(rules.requestsPerConnection == 1 ? readable : readableOrEnded),
      silent_(static_cast<std::uint64_t>(rules.recvTimeoutMs) * 1'000'000),
      lingering_(lingerNs) {}

HttpConnections::~HttpConnections() {
  for (std::size_t fd = 0; fd < byFd_.size(); ++fd) {
    Connection& connection = byFd_[fd];
    if (connection.phase == Phase::closed) continue;
    if (connection.phase != Phase::lingering && !isBetweenRequests(connection)) counters_.errors.add();
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
  readsLeft_ = readsPerTurn;
  if (shortcuts_ && !hasRequest) return serve(fd, connection);
  silent_.begin(fd);
  if (!watch(fd, connection, readable_)) return fail(fd, connection);
  if (!hasRequest) return;
  connection.isEmptied = true;  // the watch reports what has come since
  feed(connection, received);
  if (!connection.request.isIncomplete()) serve(fd, connection);
}

void HttpConnections::onReady(const epoll_event& event) {
  const int fd = event.data.fd;
  Connection& connection = at(fd);
  readsLeft_ = readsPerTurn;
  switch (connection.phase) {
    case Phase::reading:
      connection.isEmptied = false;
      connection.endIsNear = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
      return serve(fd, connection);
    case Phase::writing:
      return serve(fd, connection);
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

// As far as the connection comes without waiting.
void HttpConnections::serve(int fd, Connection& connection) {
  do {
    if (connection.phase == Phase::reading) {
      if (!read(fd, connection)) return;
      prepareAnswer(fd, connection);
    }
  } while (write(fd, connection) && finish(fd, connection));
}

// True when there is a request to answer.
bool HttpConnections::read(int fd, Connection& connection) {
  switch (readRequest(fd, connection)) {
    case Input::whole:
      return true;
    case Input::lost:
      fail(fd, connection);
      return false;
    default:  // waiting
      silent_.begin(fd);
      if (!connection.isWatched && !watch(fd, connection, readable_)) fail(fd, connection);
      return false;
  }
}

HttpConnections::Input HttpConnections::readRequest(int fd, Connection& connection) {
  const RequestParser& request = connection.request;
  if (!connection.unread.empty()) feed(connection, std::exchange(connection.unread, {}));
  for (; readsLeft_ > 0 && wantsMore(connection); --readsLeft_) {
    const ssize_t received = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (received > 0) {
      const auto bytes = static_cast<std::size_t>(received);
      feed(connection, {buffer_.data(), bytes});
      connection.isEmptied = shortcuts_ && bytes < buffer_.size() && !connection.endIsNear &&
                             request.status() == RequestParser::Status::complete;
    } else if (received == 0) {
      connection.clientEnded = true;
    } else if (errno == EAGAIN) {
      counters_.eagains.add();
      connection.isEmptied = true;
    } else if (errno != EINTR) {
      return Input::lost;
    }
  }
  if (!request.isIncomplete()) return Input::whole;
  if (connection.clientEnded) return Input::lost;
  if (connection.isEmptied) return Input::waiting;
  return watch(fd, connection, readable_) ? Input::waiting : Input::lost;
}

// After a refusal there is no need to empty the socket of what nobody wants: it is dropped while the connection lingers.
bool HttpConnections::wantsMore(const Connection& connection) const noexcept {
  return !connection.isEmptied && !connection.clientEnded && connection.unread.empty() &&
         connection.request.status() != RequestParser::Status::rejected;
}

void HttpConnections::feed(Connection& connection, std::string_view bytes) {
  RequestParser& request = connection.request;
  const bool hadBegun = request.hasBegun();
  connection.unread = bytes.substr(request.feed(bytes));
  if (connection.answered > 0 && !hadBegun && request.hasBegun()) counters_.reuses.add();
}

void HttpConnections::prepareAnswer(int fd, Connection& connection) {
  const bool isLast = connection.answered + 1 == requestsPerConnection_ ||
                      (connection.clientEnded && connection.unread.empty());
  connection.answer = answers_.answerTo(connection.request, isLast);
  if (connection.answer.isSuccess) work_.perform();
  connection.phase = Phase::writing;
  silent_.end(fd);
}

// True when all of the answer is with the kernel.
bool HttpConnections::write(int fd, Connection& connection) {
  const bool closesAfterwards = shortcuts_ && !connection.answer.keepsOpen && !mayStillSend(connection);
  while (connection.sent < connection.answer.size()) {
    const ssize_t written = closesAfterwards ? sendLastAnswer(fd, connection.answer, connection.sent)
                                             : writeAnswer(fd, connection.answer, connection.sent);
    if (written >= 0) {
      connection.sent += static_cast<std::size_t>(written);
      counters_.bytesSent.add(static_cast<std::uint64_t>(written));
    } else if (errno == EAGAIN) {
      counters_.eagains.add();
      if (!connection.waitsToWrite && !watch(fd, connection, writable)) {
        fail(fd, connection);
        return false;
      }
      connection.waitsToWrite = true;
      return false;
    } else if (errno != EINTR) {
      fail(fd, connection);
      return false;
    }
  }
  return true;
}

// True when the connection goes on.
bool HttpConnections::finish(int fd, Connection& connection) {
  (connection.answer.isSuccess ? counters_.answered : counters_.errors).add();
  ++connection.answered;
  if (connection.answer.keepsOpen) {
    beginNext(fd, connection);
    return true;
  }
  if (mayStillSend(connection))
    linger(fd, connection);
  else
    close(fd, connection);
  return false;
}

void HttpConnections::beginNext(int fd, Connection& connection) noexcept {
  connection.request = RequestParser();
  connection.sent = 0;
  connection.phase = Phase::reading;
  if (!connection.waitsToWrite) return;
  connection.waitsToWrite = false;
  epoll_.modify(fd, readable_);
}

bool HttpConnections::mayStillSend(const Connection& connection) noexcept {
  return (!connection.answer.isSuccess || !connection.unread.empty()) && !connection.clientEnded;
}

// Then its client may leave, and nothing was asked that has no answer.
bool HttpConnections::isBetweenRequests(const Connection& connection) noexcept {
  return connection.phase == Phase::reading && connection.answered > 0 && !connection.request.hasBegun();
}

void HttpConnections::linger(int fd, Connection& connection) {
  if (::shutdown(fd, SHUT_WR) != 0 || !watch(fd, connection, readable_)) return close(fd, connection);
  connection.phase = Phase::lingering;
  lingering_.begin(fd);
}

void HttpConnections::drop(int fd, Connection& connection) {
  for (int turn = 0; turn < readsPerTurn; ++turn) {
    const ssize_t received = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (received < 0 && errno == EAGAIN) return;
    if (received == 0 || (received < 0 && errno != EINTR)) return close(fd, connection);
  }
  epoll_.modify(fd, readable_);
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
  if (!isBetweenRequests(connection)) counters_.errors.add();
  close(fd, connection);
}

void HttpConnections::close(int fd, Connection& connection) noexcept {
  connection.phase = Phase::closed;
  silent_.end(fd);
  lingering_.end(fd);
  ::close(fd);  // which also takes it out of epoll
}

}  // namespace fb
