#include "clients/request-loop.h"

#include <algorithm>

namespace fb {

RequestLoop::RequestLoop(const LoadPlan& plan, const WindowLog& log, std::uint64_t startNs)
    : drainNs_(plan.drainNs),
      requests_(plan.connections),
      window_(plan, startNs, log) {
  if (plan.openLoop) {
    open_.emplace(plan, startNs);
    return;
  }
  for (std::uint32_t i = 0; i < plan.connections; ++i)
    starts_.add(startNs + plan.rampNs * i / plan.connections, i);
}

bool RequestLoop::isDone(std::uint64_t now) const noexcept {
  return window_.isOver() && (inFlight_ == 0 || now >= window_.endNs() + drainNs_);
}

std::uint64_t RequestLoop::nextTimeNs() const noexcept {
  if (window_.isOver()) return window_.endNs() + drainNs_;
  const std::uint64_t next = std::min(window_.nextBoundaryNs(), starts_.nextDueNs());
  return open_ ? std::min(next, open_->nextStartNs()) : next;
}

void RequestLoop::begin(std::uint32_t index, std::uint64_t now) noexcept {
  const std::uint64_t dueNs = open_ ? open_->start(index, now, window_) : now;
  requests_[index] = {.dueNs = dueNs, .startNs = now, .connectedNs = 0, .isInFlight = true, .isReuse = false};
  ++tally_.started;
  ++inFlight_;
}

void RequestLoop::handshakeDone(std::uint32_t index, std::uint64_t now) noexcept {
  requests_[index].connectedNs = now;
  ++tally_.connected;
}

void RequestLoop::reuse(std::uint32_t index) noexcept {
  Request& request = requests_[index];
  request.connectedNs = request.startNs;
  request.isReuse = true;
}

void RequestLoop::reconnect(std::uint32_t index, std::uint64_t now) noexcept {
  Request& request = requests_[index];
  request.startNs = now;
  request.connectedNs = 0;
  request.isReuse = false;
  ++tally_.reconnects;
}

bool RequestLoop::succeed(std::uint32_t index, std::uint64_t now, std::uint64_t bytes) {
  passBoundaries(now);
  Request& request = requests_[index];
  tally_.addSuccess(window_.part(), bytes);
  if (request.isReuse) tally_.addReuse(window_.part());
  if (window_.part() != WindowPart::outside) {
    if (!request.isReuse) timings_->connect.record((request.connectedNs - request.startNs) / 1000);
    timings_->response.record((now - request.dueNs) / 1000);
  }
  end(request);
  if (!open_) return !window_.isOver();
  releaseRested(now);
  open_->release(index, now);
  if (window_.isOver() || !open_->startsWithTheLast(now)) return false;
  open_->takeFree();
  return true;
}

void RequestLoop::fail(std::uint32_t index, std::uint64_t now, Failure failure, int error) {
  passBoundaries(now);
  tally_.addFailure(window_.part(), failure, error);
  end(requests_[index]);
  starts_.add(now + pauseAfterNs(failure), index);
}

void RequestLoop::releaseRested(std::uint64_t now) {
  while (starts_.nextDueNs() <= now) {
    const std::uint64_t freeNs = starts_.nextDueNs();
    open_->release(starts_.take(), freeNs);
  }
}

void RequestLoop::end(Request& request) noexcept {
  request.isInFlight = false;
  --inFlight_;
}

std::uint64_t RequestLoop::waitedNs(std::uint32_t index, std::uint64_t now) const noexcept {
  const Request& request = requests_[index];
  const bool waits = request.isInFlight && request.connectedNs != 0 && now > request.connectedNs;
  return waits ? now - request.connectedNs : 0;
}

Measurement RequestLoop::measurement(std::uint64_t now) {
  Measurement result;
  result.tally = tally_;
  result.timings = timings_;
  window_.writeTo(result);
  if (open_) result.openLoop = open_->finish(window_);
  for (const Request& request : requests_) {
    if (!request.isInFlight) continue;
    result.stalledAgesNs.push_back(now - request.dueNs);
    if (request.connectedNs == 0) ++result.stalledConnecting;
  }
  return result;
}

}  // namespace fb
