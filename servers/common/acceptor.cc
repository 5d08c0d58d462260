#include "servers/common/acceptor.h"

#include <fcntl.h>
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
  hasSpare();
}

void Acceptor::acceptSome(std::uint64_t batches) {
  for (std::uint64_t attempt = 0; attempt < batches * batch_; ++attempt) {
    const int client = acceptOne(listener_);
    if (client >= 0) {
      if (hasSpare())
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
  spare_.reset();
  const int client = acceptOne(listener_);
  const bool taken = client >= 0;
  if (taken) turnAway(client);
  hasSpare();
  return taken;
}

void Acceptor::turnAway(int client) noexcept {
  counters_.accepted.add();
  counters_.errors.add();
  ::close(client);
}

// Among threads, which share their descriptors, another may be quicker to use the room that a spare one left. Who
// lost its own so gets one back before it keeps a further connection, lest in the end there be none.
bool Acceptor::hasSpare() noexcept {
  if (!spare_) spare_.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  return spare_.isOpen();
}

}  // namespace fb
