// Worker processes with a listening socket each, all on the same port (SO_REUSEPORT): the kernel distributes the
// connections, by a hash of their addresses and without regard to who is busy.
//
// The parent opens the sockets and keeps them, so that the connections in the queue of a worker that dies wait for
// its successor.

#include <signal.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

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
  explicit Parent(const LoopsOptions& options)
      : options_(options),
        service_(options, options.shortcuts),
        page_(options.countersFile, options.workers + 1),
        listeners_(listenSharing(options, options.workers)),
        pool_(options.workers, page_, signals_, *this) {}

  void run() { superviseWorkers(pool_, signals_); }

 private:
  int work(std::uint32_t slot) override {
    const Fd listener = std::move(listeners_[slot - 1]);
    listeners_.clear();
    AcceptLoop(listener, Wakes::all, options_, service_, page_.slot(slot)).run(signals_.readEnd(), [this] {
      return signals_.take().terminate;
    });
    return 0;
  }

  const LoopsOptions options_;
  const Service service_;
  CounterPage page_;
  SignalPipe signals_;
  std::vector<Fd> listeners_;  // after the page: who finds the server listening finds its counters too
  WorkerPool pool_;
};

int run(int argc, char** argv) {
  LoopsOptions options;
  Flags flags(
      "Serves with several processes that have a listening socket each, with non-blocking sockets and epoll.");
  options.addTo(flags);
  if (!parseServerOptions(flags, options, argc, argv)) return 0;

  ::signal(SIGPIPE, SIG_IGN);
  raiseOpenFileLimit();
  Parent(options).run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return runProgram("epoll-reuseport", run, argc, argv); }
