// A parent and its workers, which share one listening socket that was opened before they were forked.
//
//   parent   waits on the listening socket, level-triggered, and never accepts. Each time it wakes it sends one
//            notice to one worker, in turn: only that worker wakes, so there is no thundering herd.
//   worker   watches its channel edge-triggered, takes all notices, accepts a batch, and serves its clients with
//            non-blocking, edge-triggered sockets.
//
// Level-triggered matters in the parent: notices may be lost in a full channel or with a worker that dies, and a
// batch may leave connections behind; as long as the queue is not empty the parent wakes again.

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

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
#include "servers/common/notice-channel.h"
#include "servers/common/server-options.h"
#include "servers/common/signal-pipe.h"
#include "servers/common/worker-pool.h"

namespace {

using namespace fb;

struct PreforkOptions : ServerOptions {
  std::uint32_t workers = 1;
  std::uint32_t acceptBatch = 100;
};

constexpr std::uint32_t stopLimitMs = 2000;

class Worker {
 public:
  Worker(const Fd& listener, std::uint32_t acceptBatch, NoticeReceiver notices, SignalPipe& signals,
         const Answers& answers, const CpuWork& work, CounterSlot& counters)
      : listener_(listener),
        acceptBatch_(acceptBatch),
        notices_(std::move(notices)),
        signals_(signals),
        counters_(counters),
        connections_(epoll_, answers, work, counters),
        spare_(openSpare()) {
    epoll_.add(notices_.fd(), EPOLLIN | EPOLLET);
    epoll_.add(signals_.readEnd(), EPOLLIN);
  }

  void run() {
    while (!stopping_) {
      for (const epoll_event& event : epoll_.wait(connections_.closeOverdue())) {
        if (event.data.fd == notices_.fd())
          onNotices();
        else if (event.data.fd == signals_.readEnd())
          stopping_ = stopping_ || signals_.take().terminate;
        else
          connections_.onReady(event.data.fd);
      }
    }
  }

 private:
  static Fd openSpare() { return Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

  void onNotices() {
    const NoticeReceiver::Drained drained = notices_.drain();
    counters_.noticesReceived.add(drained.notices);
    if (drained.parentGone) stopping_ = true;
    if (drained.notices > 0) acceptSome();
  }

  void acceptSome() {
    for (std::uint32_t attempt = 0; attempt < acceptBatch_; ++attempt) {
      const int client = ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (client >= 0) {
        connections_.open(client);
        continue;
      }
      const int error = errno;
      switch (classifyAcceptError(error)) {
        case AcceptFailure::connectionLost:
          continue;
        case AcceptFailure::outOfDescriptors:
          if (!turnAwayOne()) return;
          continue;
        case AcceptFailure::queueEmpty:
          return counters_.emptyAccepts.add();
        case AcceptFailure::outOfMemory:
          return;  // the parent's next notice is the next attempt
        case AcceptFailure::listenerUnusable:
          throw systemError("accept", error);
      }
    }
  }

  // Without a free descriptor a connection can be neither served nor taken off the queue, and the parent would
  // wake for it again and again. The spare descriptor makes room to take it and close it.
  bool turnAwayOne() {
    if (!warnedOfShortage_) {
      logLine("out of file descriptors: further connections are closed unanswered; raise the limit (ulimit -n)");
      warnedOfShortage_ = true;
    }
    spare_.reset();
    Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    const bool taken = client.isOpen();
    if (taken) {
      counters_.accepted.add();
      counters_.errors.add();
    }
    client.reset();
    spare_ = openSpare();
    return taken;
  }

  const Fd& listener_;
  const std::uint32_t acceptBatch_;
  NoticeReceiver notices_;
  SignalPipe& signals_;
  CounterSlot& counters_;
  Epoll epoll_;
  HttpConnections connections_;
  Fd spare_;
  bool warnedOfShortage_ = false;
  bool stopping_ = false;
};

class Parent {
 public:
  explicit Parent(const PreforkOptions& options)
      : options_(options),
        answers_(static_cast<std::size_t>(options.responseBytes)),
        work_(options.workUs),
        page_(options.countersFile, options.workers + 1),
        listener_(listenOn(options, Blocking::no)),
        pool_(options.workers, page_, signals_,
              [this](std::uint32_t slot, NoticeReceiver notices) { return work(slot, std::move(notices)); }) {}

  void run() {
    epoll_.add(signals_.readEnd(), EPOLLIN);
    pool_.startAll();
    while (!stopping_) {
      const int waitMs = pool_.replaceEnded();
      watchListener(pool_.aliveCount() > 0);
      for (const epoll_event& event : epoll_.wait(waitMs)) {
        if (event.data.fd == listener_.get())
          pool_.notifyNext();
        else
          onSignals();
      }
    }
    pool_.stopAll(stopLimitMs);
  }

 private:
  int work(std::uint32_t slot, NoticeReceiver notices) {
    epoll_.close();
    Worker(listener_, options_.acceptBatch, std::move(notices), signals_, answers_, work_, page_.slot(slot)).run();
    return 0;
  }

  void onSignals() {
    const PendingSignals pending = signals_.take();
    stopping_ = pending.terminate;
    if (pending.childEnded && !stopping_) pool_.reap();
  }

  // With no worker to tell, a queue that is not empty would keep the parent spinning.
  void watchListener(bool watch) {
    if (watch == watchesListener_) return;
    if (watch)
      epoll_.add(listener_.get(), EPOLLIN);
    else
      epoll_.remove(listener_.get());
    watchesListener_ = watch;
  }

  const PreforkOptions options_;
  const Answers answers_;
  const CpuWork work_;
  CounterPage page_;
  SignalPipe signals_;
  Epoll epoll_;
  const Fd listener_;  // after the page: who finds the server listening finds its counters too
  WorkerPool pool_;
  bool watchesListener_ = false;
  bool stopping_ = false;
};

int run(int argc, char** argv) {
  PreforkOptions options;
  Flags flags("Serves with several processes, each with non-blocking sockets and epoll.");
  flags.number("--workers", options.workers, 1u, 1024u, "Worker processes");
  flags.number("--accept-batch", options.acceptBatch, 1u, 1'000'000u, "Most accepts per wake-up of a worker");
  if (!parseServerOptions(flags, options, argc, argv)) return 0;

  ::signal(SIGPIPE, SIG_IGN);
  raiseOpenFileLimit();
  Parent(options).run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return runProgram("epoll-prefork", run, argc, argv); }
