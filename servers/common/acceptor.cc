#include "servers/common/acceptor.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "native/errors.h"
#include "native/program.h"
#include "servers/common/listener.h"

namespace fb {
namespace {

int acceptOne(const Fd& listener) {
  return ::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

}  // namespace

Acceptor::Acceptor(const Fd& listener, std::uint32_t batch, HttpConnections& connections, CounterSlot& counters)
    : listener_(listener), batch_(batch), connections_(connections), counters_(counters) {
  spare_.isThere();
}

void Acceptor::acceptSome(std::uint64_t batches) {
  for (std::uint64_t attempt = 0; attempt < batches * batch_; ++attempt) {
    const int client = acceptOne(listener_);
    if (client >= 0) {
      if (spare_.isThere())
        connections_.open(client);
      else
        turnAway(client);
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
        return;  // the next event is the next attempt
      case AcceptFailure::listenerUnusable:
        throw systemError("accept", error);
    }
  }
}

// Without a free descriptor a connection can be neither served nor taken off the queue, which would be reported
// again and again. The spare descriptor makes room to take it and close it.
bool Acceptor::turnAwayOne() {
  if (!warnedOfShortage_) {
    logLine("out of file descriptors: further connections are closed unanswered; raise the limit (ulimit -n)");
    warnedOfShortage_ = true;
  }
  bool taken = false;
  spare_.makeRoom([&] {
    const int client = acceptOne(listener_);
    taken = client >= 0;
    if (taken) turnAway(client);
  });
  return taken;
}

void Acceptor::turnAway(int client) noexcept {
  counters_.accepted.add();
  counters_.errors.add();
  ::close(client);
}

}  // namespace fb
