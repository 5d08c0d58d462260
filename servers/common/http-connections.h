// All client connections of one event loop: non-blocking, edge-triggered, each read to EAGAIN, answered once and
// closed. What a client does or fails to do costs its own connection and nothing else.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "servers/common/answers.h"
#include "servers/common/counter-page.h"
#include "servers/common/cpu-work.h"
#include "servers/common/epoll.h"
#include "servers/common/request-parser.h"

namespace fb {

class HttpConnections {
 public:
  HttpConnections(Epoll& epoll, const Answers& answers, const CpuWork& work, CounterSlot& counters);
  ~HttpConnections();
  HttpConnections(const HttpConnections&) = delete;
  HttpConnections& operator=(const HttpConnections&) = delete;

  // Takes over an accepted, non-blocking socket, and what was received from it already.
  void open(int fd, std::string_view received = {});

  // For an event that is about one of these connections.
  void onReady(int fd);

  // Closes connections that lingered long enough. Returns for how many milliseconds the loop may wait before it
  // must call this again, -1 for ever.
  int closeOverdue() noexcept;

 private:
  enum class Phase : std::uint8_t { closed, reading, writing, lingering };

  struct Connection {
    RequestParser request;
    Answer answer;
    std::size_t sent = 0;
    std::uint64_t lingerUntilNs = 0;
    Phase phase = Phase::closed;
    bool clientEnded = false;   // its direction: it may well wait for the answer
    bool sentTooMuch = false;   // bytes after the request
    bool waitsToWrite = false;
  };

  struct Lingering {
    int fd;
    std::uint64_t untilNs;
  };

  enum class Input { whole, waiting, lost };

  Input readRequest(int fd, Connection& connection);
  void answer(int fd, Connection& connection);
  void write(int fd, Connection& connection);
  void finish(int fd, Connection& connection);
  void linger(int fd, Connection& connection);
  void drop(int fd, Connection& connection);
  void fail(int fd, Connection& connection);
  void close(int fd, Connection& connection) noexcept;

  Epoll& epoll_;
  const Answers& answers_;
  const CpuWork& work_;
  CounterSlot& counters_;
  std::vector<Connection> byFd_;
  std::deque<Lingering> lingering_;  // all linger equally long, so the first ends first
  std::array<char, 16384> buffer_;
};

}  // namespace fb
