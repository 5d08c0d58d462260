// One process, one connection at a time: accept, recv, writev, close, each of them blocking.
//
// A client that connects and stays silent holds the server until it leaves. That is the design under test, not
// an oversight; --recv-timeout-ms takes it away. With several requests to a connection a client also holds it between
// them, for as long as it likes: all others wait until it has closed or had its last answer.

#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>

#include "native/errors.h"
#include "native/fd.h"
#include "native/flags.h"
#include "native/limits.h"
#include "native/program.h"
#include "servers/common/answers.h"
#include "servers/common/counter-page.h"
#include "servers/common/cpu-work.h"
#include "servers/common/lingering-close.h"
#include "servers/common/listener.h"
#include "servers/common/request-parser.h"
#include "servers/common/server-options.h"

namespace {

using namespace fb;
using namespace std::chrono_literals;

// Long enough for a client on the same network to take its answer, short enough for those who queue behind it.
constexpr std::chrono::milliseconds lingerLimit = 250ms;
constexpr std::chrono::milliseconds shortagePause = 50ms;

// Exiting in the handler leaves no gap between "was I told to stop?" and the blocking call, as a flag would, and
// needs no further system call per request. There is nothing to lose: the counters are shared memory.
void exitOnTermination() {
  struct sigaction action {};
  action.sa_handler = [](int) { ::_exit(0); };
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
  sigset_t unblocked;
  ::sigemptyset(&unblocked);
  ::sigaddset(&unblocked, SIGTERM);
  ::sigaddset(&unblocked, SIGINT);
  ::sigprocmask(SIG_UNBLOCK, &unblocked, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

class SerialServer {
 public:
  explicit SerialServer(const ServerOptions& options)
      : answers_(static_cast<std::size_t>(options.responseBytes)),
        work_(options.workUs),
        page_(options.countersFile, 1),
        counters_(page_.slot(0)),
        requestsPerConnection_(options.requestsPerConnection),
        recvTimeout_{options.recvTimeoutMs / 1000, options.recvTimeoutMs % 1000 * 1000},
        listener_(listenOn(options, Blocking::yes)) {}

  [[noreturn]] void run() {
    for (;;) {
      Fd client = acceptNext();
      counters_.accepted.add();
      serve(std::move(client));
    }
  }

 private:
  Fd acceptNext() {
    for (;;) {
      Fd client(::accept(listener_.get(), nullptr, nullptr));
      if (client) return client;
      const int error = errno;
      switch (classifyAcceptError(error)) {
        case AcceptFailure::listenerUnusable:
          throw systemError("accept", error);
        case AcceptFailure::outOfDescriptors:
        case AcceptFailure::outOfMemory:
          ::usleep(std::chrono::microseconds(shortagePause).count());
          break;
        default:
          break;
      }
    }
  }

  void serve(Fd client) {
    if (recvTimeout_.tv_sec > 0 || recvTimeout_.tv_usec > 0)
      ::setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &recvTimeout_, sizeof recvTimeout_);
    unread_ = {};
    for (std::uint64_t count = 1;; ++count) {
      RequestParser request;
      if (!receive(client, request, count > 1)) {
        // Between two requests every client may leave.
        if (count == 1 || request.hasBegun()) counters_.errors.add();
        return;
      }
      const Answer answer = answers_.answerTo(request, count == requestsPerConnection_);
      if (answer.isSuccess) work_.perform();
      if (!send(client, answer)) return counters_.errors.add();
      (answer.isSuccess ? counters_.answered : counters_.errors).add();
      if (answer.keepsOpen) continue;
      if (!answer.isSuccess || !unread_.empty()) closeLingering(std::move(client), lingerLimit);
      return;
    }
  }

  // False: the client left, was reset or stayed silent for too long.
  bool receive(const Fd& client, RequestParser& request, bool isReuse) {
    for (;;) {
      const bool hadBegun = request.hasBegun();
      unread_.remove_prefix(request.feed(unread_));
      if (isReuse && !hadBegun && request.hasBegun()) counters_.reuses.add();
      if (!request.isIncomplete()) return true;
      const ssize_t received = ::recv(client.get(), buffer_.data(), buffer_.size(), 0);
      if (received < 0 && errno == EAGAIN) counters_.eagains.add();
      if (received == 0 || (received < 0 && errno != EINTR)) return false;
      if (received > 0) unread_ = {buffer_.data(), static_cast<std::size_t>(received)};
    }
  }

  bool send(const Fd& client, const Answer& answer) {
    for (std::size_t sent = 0; sent < answer.size();) {
      const ssize_t written = writeAnswer(client.get(), answer, sent);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      sent += static_cast<std::size_t>(written);
      counters_.bytesSent.add(static_cast<std::uint64_t>(written));
    }
    return true;
  }

  const Answers answers_;
  const CpuWork work_;
  CounterPage page_;
  CounterSlot& counters_;
  const std::uint32_t requestsPerConnection_;
  const timeval recvTimeout_;
  const Fd listener_;  // last: who finds the server listening finds its counters too
  std::array<char, 16384> buffer_;
  std::string_view unread_;  // of the buffer: the beginning of further requests
};

int run(int argc, char** argv) {
  ServerOptions options;
  Flags flags("Serves one connection after the other with blocking calls.");
  if (!parseServerOptions(flags, options, argc, argv)) return 0;

  exitOnTermination();
  raiseOpenFileLimit();
  SerialServer(options).run();
}

}  // namespace

int main(int argc, char** argv) { return runProgram("blocking-serial", run, argc, argv); }
