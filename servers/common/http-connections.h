// All client connections of one event loop: non-blocking, edge-triggered, each closed after as many answers as the rules
// allow. What a client does or fails to do costs its own connection and nothing else.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "servers/common/answers.h"
#include "servers/common/counter-page.h"
#include "servers/common/cpu-work.h"
#include "servers/common/deadlines.h"
#include "servers/common/epoll.h"
#include "servers/common/request-parser.h"

namespace fb {

struct ConnectionRules {
  // Longest silence of a client that has not sent its request, or its next one; 0 for ever.
  std::int32_t recvTimeoutMs = 0;
  // Without shortcuts a connection is first of all added to epoll, then read to EAGAIN, and answered with writev. With
  // them it is read at once and added only if it has to wait, a whole request is not followed by another read, and
  // the end of the connection travels with the answer.
  bool shortcuts = false;
  // Most answers on a connection; 0 for any number.
  std::uint32_t requestsPerConnection = 1;
};

class HttpConnections {
 public:
  HttpConnections(Epoll& epoll, const Answers& answers, const CpuWork& work, CounterSlot& counters,
                  ConnectionRules rules);
  ~HttpConnections();
  HttpConnections(const HttpConnections&) = delete;
  HttpConnections& operator=(const HttpConnections&) = delete;

  // Takes over an accepted, non-blocking socket, and what was received from it already.
  void open(int fd, std::string_view received = {});

  // For an event that is about one of these connections.
  void onReady(const epoll_event& event);

  // Closes connections whose client was silent or that lingered for too long. Returns for how many milliseconds the
  // loop may wait before it must call this again, -1 for ever.
  int closeOverdue() noexcept;

 private:
  enum class Phase : std::uint8_t { closed, reading, writing, lingering };

  struct Connection {
    RequestParser request;
    Answer answer;
    std::string unread;         // received after the request: the beginning of further ones
    std::size_t sent = 0;
    std::uint64_t answered = 0;
    Phase phase = Phase::closed;
    bool clientEnded = false;   // its direction: it may well wait for the answer
    bool endIsNear = false;     // epoll has seen that end, which may still have bytes before it
    bool isEmptied = false;     // nothing to read before the next event
    bool waitsToWrite = false;
    bool isWatched = false;     // added to epoll
  };

  enum class Input { whole, waiting, lost };

  Connection& at(int fd) noexcept { return byFd_[static_cast<std::size_t>(fd)]; }
  [[nodiscard]] bool watch(int fd, Connection& connection, std::uint32_t events) noexcept;
  void serve(int fd, Connection& connection);
  bool read(int fd, Connection& connection);
  Input readRequest(int fd, Connection& connection);
  bool wantsMore(const Connection& connection) const noexcept;
  void feed(Connection& connection, std::string_view bytes);
  void prepareAnswer(int fd, Connection& connection);
  bool write(int fd, Connection& connection);
  bool finish(int fd, Connection& connection);
  void beginNext(int fd, Connection& connection) noexcept;
  void linger(int fd, Connection& connection);
  void drop(int fd, Connection& connection);
  void fail(int fd, Connection& connection);
  void close(int fd, Connection& connection) noexcept;
  static bool mayStillSend(const Connection& connection) noexcept;
  static bool isBetweenRequests(const Connection& connection) noexcept;

  Epoll& epoll_;
  const Answers& answers_;
  const CpuWork& work_;
  CounterSlot& counters_;
  const bool shortcuts_;
  const std::uint32_t requestsPerConnection_;
  const std::uint32_t readable_;  // the events of a connection that is read
  std::vector<Connection> byFd_;
  Deadlines silent_;
  Deadlines lingering_;
  int readsLeft_ = 0;  // of the turn
  std::array<char, 16384> buffer_;
};

}  // namespace fb
