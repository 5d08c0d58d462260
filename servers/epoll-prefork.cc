// A parent and its workers, which share one listening socket that was opened before they were forked.
//
//   parent   waits on the listening socket, level-triggered, and never accepts. Each time it wakes it sends one
//            notice to one worker, in turn: only that worker wakes, so there is no thundering herd.
//   worker   watches its channel edge-triggered, takes all notices, accepts a batch for each, and serves its clients with
//            non-blocking, edge-triggered sockets.
//
// Level-triggered matters in the parent: notices may be lost in a full channel or with a worker that dies, and a
// batch may leave connections behind; as long as the queue is not empty the parent wakes again.
//
// So is each of these by default. Options change them one by one, to show what becomes of the server then.

#include <signal.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "native/fd.h"
#include "native/flags.h"
#include "native/limits.h"
#include "native/program.h"
#include "servers/common/acceptor.h"
#include "servers/common/counter-page.h"
#include "servers/common/epoll.h"
#include "servers/common/http-connections.h"
#include "servers/common/listener.h"
#include "servers/common/notice-channel.h"
#include "servers/common/notifier.h"
#include "servers/common/server-options.h"
#include "servers/common/service.h"
#include "servers/common/signal-pipe.h"
#include "servers/common/worker-pool.h"

namespace {

using namespace fb;

const std::vector<std::pair<std::string, Trigger>> triggers{{"level", Trigger::level}, {"edge", Trigger::edge}};

struct PreforkOptions : ServerOptions {
  std::uint32_t workers = 1;
  std::uint32_t acceptBatch = 100;
  Trigger listenTrigger = Trigger::level;
  NoticeOptions notices;

  void addTo(Flags& flags);
};

void PreforkOptions::addTo(Flags& flags) {
  flags.number("--workers", workers, 1u, 1024u, "Worker processes");
  flags.number("--accept-batch", acceptBatch, 1u, 1'000'000u, "Most accepts for each notice to a worker");
  flags.choice<Trigger>("--listen-trigger", listenTrigger, triggers,
                        "level: the parent wakes, and sends a notice, as long as a connection waits in the accept "
                        "queue; edge: only when a connection arrives, so that one which a worker leaves in the queue "
                        "waits for the next to arrive");
  flags.choice<NoticeOptions::Channel>(
      "--notify-channel", notices.channel,
      {{"socketpair", NoticeOptions::Channel::socketpair}, {"pipe", NoticeOptions::Channel::pipe}},
      "Over which the parent sends each worker its notices, four bytes each");
  flags.choice<Blocking>("--notify", notices.blocking, {{"nonblocking", Blocking::no}, {"blocking", Blocking::yes}},
                         "nonblocking: a notice for a full channel goes to the next worker, or is dropped; blocking: "
                         "the parent's send or write waits until there is room, and meanwhile the parent does nothing");
  flags.choice<Trigger>("--notify-trigger", notices.trigger, triggers,
                        "level: a worker wakes as long as notices wait in its channel; edge: only when one arrives");
  flags.choice<NoticeOptions::Read>(
      "--notify-read", notices.read, {{"one", NoticeOptions::Read::one}, {"drain", NoticeOptions::Read::all}},
      "one: a worker takes one notice each time it wakes; drain: all that wait. With edge and one, notices can stay "
      "in the channel until it is full: then a parent with blocking waits for its worker, which waits for it");
}

class Worker {
 public:
  Worker(const Fd& listener, const PreforkOptions& options, NoticeReceiver notices, SignalPipe& signals,
         const Service& service, CounterSlot& counters)
      : notices_(std::move(notices)),
        signals_(signals),
        counters_(counters),
        connections_(epoll_, service.answers, service.work, counters, service.rules),
        acceptor_(listener, options.acceptBatch, connections_, counters) {
    epoll_.add(notices_.fd(), EPOLLIN | flagOf(options.notices.trigger));
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
          connections_.onReady(event);
      }
    }
  }

 private:
  void onNotices() {
    const NoticeReceiver::Taken taken = notices_.take();
    counters_.noticesReceived.add(taken.notices);
    if (taken.parentGone) stopping_ = true;
    if (taken.notices > 0) acceptor_.acceptSome(taken.notices);
  }

  NoticeReceiver notices_;
  SignalPipe& signals_;
  CounterSlot& counters_;
  Epoll epoll_;
  HttpConnections connections_;
  Acceptor acceptor_;
  bool stopping_ = false;
};

class Parent : private WorkerRole {
 public:
  explicit Parent(const PreforkOptions& options)
      : options_(options),
        service_(options, false),
        page_(options.countersFile, options.workers + 1),
        // A parent that blocks in a send must still hear that it is to end, or that a worker has ended.
        signals_(options.notices.blocking == Blocking::yes ? Interrupting::yes : Interrupting::no),
        listener_(listenOn(options, Blocking::no)),
        notifier_(options.workers, options.notices, page_.slot(0)),
        pool_(options.workers, page_, signals_, *this) {}

  void run() {
    epoll_.add(signals_.readEnd(), EPOLLIN);
    pool_.startAll();
    while (!stopping_) {
      const int waitMs = pool_.replaceEnded();
      watchListener(pool_.aliveCount() > 0);
      for (const epoll_event& event : epoll_.wait(waitMs)) {
        if (event.data.fd == listener_.get())
          onConnections();
        else
          onSignals();
      }
    }
    pool_.stopAll();
  }

 private:
  void beforeFork(std::uint32_t slot) override { notifier_.openChannel(slot); }
  void afterFork(std::uint32_t slot) override { notifier_.keepSender(slot); }
  void afterEnd(std::uint32_t slot) override { notifier_.closeChannel(slot); }

  int work(std::uint32_t slot) override {
    epoll_.close();
    Worker(listener_, options_, notifier_.becomeReceiver(slot), signals_, service_, page_.slot(slot)).run();
    return 0;
  }

  void onConnections() {
    while (!stopping_ && !notifier_.notifyNext()) onSignals();
  }

  void onSignals() {
    const PendingSignals pending = signals_.take();
    stopping_ = stopping_ || pending.terminate;
    if (pending.childEnded && !stopping_) pool_.reap();
  }

  // With no worker to tell, a queue that is not empty would keep the parent spinning.
  void watchListener(bool watch) {
    if (watch == watchesListener_) return;
    if (watch)
      epoll_.add(listener_.get(), EPOLLIN | flagOf(options_.listenTrigger));
    else
      epoll_.remove(listener_.get());
    watchesListener_ = watch;
  }

  const PreforkOptions options_;
  const Service service_;
  CounterPage page_;
  SignalPipe signals_;
  Epoll epoll_;
  const Fd listener_;  // after the page: who finds the server listening finds its counters too
  Notifier notifier_;
  WorkerPool pool_;
  bool watchesListener_ = false;
  bool stopping_ = false;
};

int run(int argc, char** argv) {
  PreforkOptions options;
  Flags flags("Serves with several processes, each with non-blocking sockets and epoll.");
  options.addTo(flags);
  if (!parseServerOptions(flags, options, argc, argv)) return 0;

  ::signal(SIGPIPE, SIG_IGN);
  raiseOpenFileLimit();
  Parent(options).run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return runProgram("epoll-prefork", run, argc, argv); }
