#include "servers/common/accept-loop.h"

namespace fb {

void AcceptLoopOptions::addTo(Flags& flags) {
  flags.number("--accept-batch", acceptBatch, 1u, 1'000'000u, "Most accepts before other events have their turn");
  flags.onOff("--shortcuts", shortcuts,
              "on: read a connection at once and watch it with epoll only if it has to wait, do not read after a "
              "whole request, and let the answer travel with the end of the connection; off: as epoll-prefork");
}

void LoopsOptions::addTo(Flags& flags) {
  flags.number("--workers", workers, 1u, 1024u, "Event loops, each in a worker of its own");
  AcceptLoopOptions::addTo(flags);
}

void SharedLoopsOptions::addTo(Flags& flags) {
  flags.onOff("--exclusive", exclusive,
              "on: a connection wakes one of the workers that sleep (EPOLLEXCLUSIVE); off: all of them");
  LoopsOptions::addTo(flags);
}

AcceptLoop::AcceptLoop(const Fd& listener, Wakes wakes, const AcceptLoopOptions& options, const Service& service,
                       CounterSlot& counters)
    : listener_(listener.get()),
      connections_(epoll_, service.answers, service.work, counters, service.rules),
      acceptor_(listener, options.acceptBatch, connections_, counters) {
  epoll_.add(listener_, wakes == Wakes::one ? EPOLLIN | EPOLLEXCLUSIVE : EPOLLIN);
}

void AcceptLoop::run(int stopFd, const std::function<bool()>& isToStop) {
  epoll_.add(stopFd, EPOLLIN);
  for (bool stopping = false; !stopping;) {
    for (const epoll_event& event : epoll_.wait(connections_.closeOverdue())) {
      if (event.data.fd == listener_)
        acceptor_.acceptSome();
      else if (event.data.fd == stopFd)
        stopping = stopping || isToStop();
      else
        connections_.onReady(event);
    }
  }
}

}  // namespace fb
