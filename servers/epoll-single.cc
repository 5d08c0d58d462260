// One process with one event loop, which accepts its connections itself: what is left of epoll-prefork without the
// parent, its notices and the other workers.

#include <signal.h>

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

int run(int argc, char** argv) {
  AcceptLoopOptions options;
  Flags flags("Serves with one process, non-blocking sockets and epoll.");
  options.addTo(flags);
  if (!parseServerOptions(flags, options, argc, argv)) return 0;

  ::signal(SIGPIPE, SIG_IGN);
  raiseOpenFileLimit();
  const Service service(options, options.shortcuts);
  CounterPage page(options.countersFile, 1);
  SignalPipe signals;
  const Fd listener = listenOn(options, Blocking::no);
  AcceptLoop(listener, Wakes::all, options, service, page.slot(0)).run(signals.readEnd(), [&signals] {
    return signals.take().terminate;
  });
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return runProgram("epoll-single", run, argc, argv); }
