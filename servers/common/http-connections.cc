#include "servers/common/http-connections.h"

#include <sys/socket.h>
#include <unistd.h>

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

HttpConnections::HttpConnections(Epoll& epoll, const Answers& answers, const CpuWork& work, CounterSlot& counters)
    : epoll_(epoll), answers_(answers), work_(work), counters_(counters) {}

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
  if (!epoll_.tryAdd(fd, readable)) return fail(fd, connection);
  if (received.empty()) return;
  connection.sentTooMuch = connection.request.feed(received) < received.size();
  if (!connection.request.isIncomplete()) answer(fd, connection);
}

void HttpConnections::onReady(int fd) {
  Connection& connection = byFd_[static_cast<std::size_t>(fd)];
  switch (connection.phase) {
    case Phase::reading:
      switch (readRequest(fd, connection)) {
        case Input::whole:
          return answer(fd, connection);
        case Input::lost:
          return fail(fd, connection);
        case Input::waiting:
          return;
      }
      return;
    case Phase::writing:
      return write(fd, connection);
    case Phase::lingering:
      return drop(fd, connection);
    case Phase::closed:
      return;
  }
}

HttpConnections::Input HttpConnections::readRequest(int fd, Connection& connection) {
  RequestParser& request = connection.request;
  for (int turn = 0; turn < readsPerTurn; ++turn) {
    const ssize_t received = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (received > 0) {
      const auto bytes = static_cast<std::size_t>(received);
      if (request.feed({buffer_.data(), bytes}) < bytes) connection.sentTooMuch = true;
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
  epoll_.modify(fd, readable);  // reports the socket again if there is more
  return Input::waiting;
}

void HttpConnections::answer(int fd, Connection& connection) {
  connection.answer = answers_.answerTo(connection.request);
  if (connection.answer.isSuccess) work_.perform();
  connection.phase = Phase::writing;
  write(fd, connection);
}

void HttpConnections::write(int fd, Connection& connection) {
  while (connection.sent < connection.answer.size()) {
    const ssize_t written = writeAnswer(fd, connection.answer, connection.sent);
    if (written >= 0) {
      connection.sent += static_cast<std::size_t>(written);
      counters_.bytesSent.add(static_cast<std::uint64_t>(written));
    } else if (errno == EAGAIN) {
      counters_.eagains.add();
      if (!connection.waitsToWrite) epoll_.modify(fd, writable);
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
  const bool mayStillSend = !connection.answer.isSuccess || connection.sentTooMuch;
  if (mayStillSend && !connection.clientEnded)
    linger(fd, connection);
  else
    close(fd, connection);
}

void HttpConnections::linger(int fd, Connection& connection) {
  if (::shutdown(fd, SHUT_WR) != 0) return close(fd, connection);
  connection.phase = Phase::lingering;
  connection.lingerUntilNs = monotonicNs() + lingerNs;
  lingering_.push_back({fd, connection.lingerUntilNs});
  epoll_.modify(fd, readable);  // reports at once what is there already
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
  if (lingering_.empty()) return -1;
  const std::uint64_t nowNs = monotonicNs();
  while (!lingering_.empty()) {
    const Lingering& first = lingering_.front();
    Connection& connection = byFd_[static_cast<std::size_t>(first.fd)];
    // The connection may be closed by now, and its descriptor in use by another.
    const bool stillLingers = connection.phase == Phase::lingering && connection.lingerUntilNs == first.untilNs;
    if (stillLingers && first.untilNs > nowNs) return static_cast<int>((first.untilNs - nowNs) / 1'000'000 + 1);
    if (stillLingers) close(first.fd, connection);
    lingering_.pop_front();
  }
  return -1;
}

void HttpConnections::fail(int fd, Connection& connection) {
  counters_.errors.add();
  close(fd, connection);
}

void HttpConnections::close(int fd, Connection& connection) noexcept {
  connection.phase = Phase::closed;
  ::close(fd);  // which also takes it out of epoll
}

}  // namespace fb
