// One process with several threads, each with an event loop of its own, which all watch one listening socket: what
// epoll-shared is with processes. The main thread only waits for the signal to stop.

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

#include "native/errors.h"
#include "native/fd.h"
#include "native/flags.h"
#include "native/limits.h"
#include "native/program.h"
#include "servers/common/accept-loop.h"
#include "servers/common/counter-page.h"
#include "servers/common/listener.h"
#include "servers/common/service.h"
#include "servers/common/signal-pipe.h"

namespace {

using namespace fb;

class ThreadedServer {
 public:
  explicit ThreadedServer(const SharedLoopsOptions& options)
      : options_(options),
        service_(options, options.shortcuts),
        page_(options.countersFile, options.workers + 1),
        stop_(::eventfd(0, EFD_CLOEXEC)),
        listener_(listenOn(options, Blocking::no)) {
    if (!stop_) throw systemError("create an eventfd", errno);
    for (std::uint32_t slot = 1; slot <= options.workers; ++slot) page_.setPid(slot, ::getpid());
  }

  void run() {
    std::vector<std::jthread> threads;
    try {
      const SignalsHeldBack inherited;  // by the threads, which leave signals to this one
      for (std::uint32_t slot = 1; slot <= options_.workers; ++slot) threads.emplace_back([this, slot] { work(slot); });
    } catch (const std::system_error& error) {
      stop();
      throw systemError("start a thread", error.code().value(), "raise the limit of processes (ulimit -u)");
    }
    pollfd signalled{signals_.readEnd(), POLLIN, 0};
    do {
      ::poll(&signalled, 1, -1);
    } while (!signals_.take().terminate);
    stop();
  }

 private:
  // Nobody reads it, so that it stays readable for all threads.
  void stop() noexcept { ::eventfd_write(stop_.get(), 1); }

  // A thread that fails takes the process with it: nothing can be said of what it shared with the others.
  void work(std::uint32_t slot) noexcept {
    try {
      AcceptLoop(listener_, options_.wakes(), options_, service_, page_.slot(slot)).run(stop_.get(), [] {
        return true;
      });
    } catch (const std::exception& error) {
      logLine(error.what());
      std::_Exit(1);
    }
  }

  const SharedLoopsOptions options_;
  const Service service_;
  CounterPage page_;
  SignalPipe signals_;
  const Fd stop_;
  const Fd listener_;  // after the page: who finds the server listening finds its counters too
};

int run(int argc, char** argv) {
  SharedLoopsOptions options;
  Flags flags("Serves with several threads that share a listening socket, each with non-blocking sockets and epoll.");
  options.addTo(flags);
  if (!parseServerOptions(flags, options, argc, argv)) return 0;

  ::signal(SIGPIPE, SIG_IGN);
  raiseOpenFileLimit();
  ThreadedServer(options).run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return runProgram("threads", run, argc, argv); }
