// Worker processes that all watch one listening socket, which was opened before they were forked: who wakes first
// accepts. The parent only keeps the workers alive.
//
// With --exclusive on a connection wakes one of the workers that sleep, with off all of them: a thundering herd, of
// which all but one find nothing.

#include <signal.h>

#include <cstdint>

#include "native/fd.h"
#include "native/flags.h"
#include "native/limits.h"
#include "native/program.h"
#include "servers/common/accept-loop.h"
#include "servers/common/counter-page.h"
#include "servers/common/listener.h"
#include "servers/common/service.h"
#include "servers/common/signal-pipe.h"
#include "servers/common/worker-pool.h"

namespace {

using namespace fb;

class Parent : private WorkerRole {
 public:
  explicit Parent(const SharedLoopsOptions& options)
      : options_(options),
        service_(options, options.shortcuts),
        page_(options.countersFile, options.workers + 1),
        listener_(listenOn(options, Blocking::no)),
        pool_(options.workers, page_, signals_, *this) {}

  void run() { superviseWorkers(pool_, signals_); }

 private:
  int work(std::uint32_t slot) override {
    AcceptLoop(listener_, options_.wakes(), options_, service_, page_.slot(slot)).run(signals_.readEnd(), [this] {
      return signals_.take().terminate;
    });
    return 0;
  }

  const SharedLoopsOptions options_;
  const Service service_;
  CounterPage page_;
  SignalPipe signals_;
  const Fd listener_;  // after the page: who finds the server listening finds its counters too
  WorkerPool pool_;
};

int run(int argc, char** argv) {
  SharedLoopsOptions options;
  Flags flags("Serves with several processes that share a listening socket, each with non-blocking sockets and epoll.");
  options.addTo(flags);
  if (!parseServerOptions(flags, options, argc, argv)) return 0;

  ::signal(SIGPIPE, SIG_IGN);
  raiseOpenFileLimit();
  Parent(options).run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return runProgram("epoll-shared", run, argc, argv); }
