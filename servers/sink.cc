// As little server as can be, to load a load generator with: one process, and for a connection no more than accept,
// recv, send and close.
//
// TCP_DEFER_ACCEPT hands over a connection when its request is there, so that the recv need not be waited for.
// MSG_MORE keeps the answer back until the close right behind it, which sends both as one segment; the request has
// been read by then, so that closing resets nothing. Whatever is not a request that came whole, in one piece, goes the
// way of the other servers: nobody is waited for.

#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "native/errors.h"
#include "native/fd.h"
#include "native/flags.h"
#include "native/limits.h"
#include "native/program.h"
#include "servers/common/answers.h"
#include "servers/common/counter-page.h"
#include "servers/common/cpu-work.h"
#include "servers/common/epoll.h"
#include "servers/common/http-connections.h"
#include "servers/common/listener.h"
#include "servers/common/request-parser.h"
#include "servers/common/server-options.h"
#include "servers/common/signal-pipe.h"

namespace {

using namespace fb;

// Connections taken from the queue before those that were not ready at once get their turn.
constexpr int acceptsPerTurn = 256;

// An answer of this size fits the send buffer of a new socket.
constexpr std::size_t largestQuickAnswer = 4096;

constexpr int shortagePauseMs = 50;

class Sink {
 public:
  explicit Sink(const ServerOptions& options)
      : answers_(static_cast<std::size_t>(options.responseBytes)),
        work_(options.workUs),
        isOnlyRequest_(options.requestsPerConnection == 1),
        quickAnswer_(wholeAnswer(answers_)),
        page_(options.countersFile, 1),
        counters_(page_.slot(0)),
        listener_(listenOn(options, Blocking::no)),
        connections_(epoll_, answers_, work_, counters_, {.recvTimeoutMs = options.recvTimeoutMs,
                      .shortcuts = false,
                      .requestsPerConnection = options.requestsPerConnection}) {
    epoll_.add(listener_.get(), EPOLLIN);
    epoll_.add(signals_.readEnd(), EPOLLIN);
  }

  void run() {
    while (!stopping_) {
      for (const epoll_event& event : epoll_.wait(connections_.closeOverdue())) {
        if (event.data.fd == listener_.get())
          acceptSome();
        else if (event.data.fd == signals_.readEnd())
          stopping_ = stopping_ || signals_.take().terminate;
        else
          connections_.onReady(event);
      }
    }
  }

 private:
  static std::string wholeAnswer(const Answers& answers) {
    RequestParser request;
    request.feed("GET / HTTP/1.0\r\n\r\n");
    const Answer answer = answers.answerTo(request);
    return std::string(answer.head).append(answer.body);
  }

  void acceptSome() {
    for (int attempt = 0; attempt < acceptsPerTurn; ++attempt) {
      const int client = ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (client >= 0) {
        serve(client);
        continue;
      }
      const int error = errno;
      switch (classifyAcceptError(error)) {
        case AcceptFailure::connectionLost:
          continue;
        case AcceptFailure::queueEmpty:
          return counters_.emptyAccepts.add();
        case AcceptFailure::outOfDescriptors:
        case AcceptFailure::outOfMemory:
          ::usleep(shortagePauseMs * 1000);
          return;
        case AcceptFailure::listenerUnusable:
          throw systemError("accept", error);
      }
    }
  }

  void serve(int client) {
    const ssize_t received = ::recv(client, buffer_.data(), buffer_.size(), 0);
    const std::string_view request(buffer_.data(), received > 0 ? static_cast<std::size_t>(received) : 0);
    const bool isQuick = isOnlyRequest_ && request.starts_with("GET ") && request.ends_with("\r\n\r\n") &&
                         quickAnswer_.size() <= largestQuickAnswer;
    if (!isQuick) return connections_.open(client, request);
    counters_.accepted.add();
    work_.perform();
    const ssize_t sent = ::send(client, quickAnswer_.data(), quickAnswer_.size(), MSG_MORE | MSG_NOSIGNAL);
    if (sent > 0) counters_.bytesSent.add(static_cast<std::uint64_t>(sent));
    (static_cast<std::size_t>(sent) == quickAnswer_.size() ? counters_.answered : counters_.errors).add();
    ::close(client);
  }

  const Answers answers_;
  const CpuWork work_;
  const bool isOnlyRequest_;  // of its connection
  const std::string quickAnswer_;
  CounterPage page_;
  CounterSlot& counters_;
  SignalPipe signals_;
  Epoll epoll_;
  const Fd listener_;  // after the page: who finds the server listening finds its counters too
  HttpConnections connections_;
  bool stopping_ = false;
  std::array<char, 16384> buffer_;
};

int run(int argc, char** argv) {
  ServerOptions options;
  options.backlog = 16384;
  options.deferAcceptSeconds = 1;
  Flags flags(
      "Answers as cheaply as can be: what load generators are measured against. One process; no general HTTP server:\n"
      "whatever starts with GET and ends with an empty line gets the same answer.");
  if (!parseServerOptions(flags, options, argc, argv)) return 0;

  ::signal(SIGPIPE, SIG_IGN);
  raiseOpenFileLimit();
  Sink(options).run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return runProgram("sink", run, argc, argv); }
