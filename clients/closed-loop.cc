#include "clients/closed-loop.h"

#include <algorithm>

#include "native/clock.h"

namespace fb {

ClosedLoop::ClosedLoop(const LoadPlan& plan, const WindowLog& log)
    : drainNs_(plan.drainNs),
      requests_(plan.connections),
      window_(plan, monotonicNs(), log) {
  const std::uint64_t rampStartNs = monotonicNs();
  for (std::uint32_t i = 0; i < plan.connections; ++i)
    starts_.add(rampStartNs + plan.rampNs * i / plan.connections, i);
}

bool ClosedLoop::isDone(std::uint64_t now) const noexcept {
  return window_.isOver() && (inFlight_ == 0 || now >= window_.endNs() + drainNs_);
}

std::uint64_t ClosedLoop::nextTimeNs() const noexcept {
  if (window_.isOver()) return window_.endNs() + drainNs_;
  return std::min(window_.nextBoundaryNs(), starts_.nextDueNs());
}

void ClosedLoop::begin(std::uint32_t index, std::uint64_t now) noexcept {
  requests_[index] = {.startNs = now, .connectedNs = 0, .isInFlight = true};
  ++tally_.started;
  ++inFlight_;
}

void ClosedLoop::handshakeDone(std::uint32_t index, std::uint64_t now) noexcept {
  requests_[index].connectedNs = now;
  ++tally_.connected;
}

bool ClosedLoop::succeed(std::uint32_t index, std::uint64_t now, std::uint64_t bytes) {
  passBoundaries(now);
  Request& request = requests_[index];
  tally_.addSuccess(window_.part(), bytes);
  if (window_.part() != WindowPart::outside) {
    timings_->connect.record((request.connectedNs - request.startNs) / 1000);
    timings_->response.record((now - request.startNs) / 1000);
  }
  end(request);
  return !window_.isOver();
}

void ClosedLoop::fail(std::uint32_t index, std::uint64_t now, Failure failure, int error) {
  passBoundaries(now);
  tally_.addFailure(window_.part(), failure, error);
  end(requests_[index]);
  starts_.add(now + pauseAfterNs(failure), index);
}

void ClosedLoop::end(Request& request) noexcept {
  request.isInFlight = false;
  --inFlight_;
}

std::uint64_t ClosedLoop::waitedNs(std::uint32_t index, std::uint64_t now) const noexcept {
  const Request& request = requests_[index];
  const bool waits = request.isInFlight && request.connectedNs != 0 && now > request.connectedNs;
  return waits ? now - request.connectedNs : 0;
}

Measurement ClosedLoop::measurement(std::uint64_t now) const {
  Measurement result;
  result.tally = tally_;
  result.timings = timings_;
  window_.writeTo(result);
  for (const Request& request : requests_) {
    if (!request.isInFlight) continue;
    result.stalledAgesNs.push_back(now - request.startNs);
    if (request.connectedNs == 0) ++result.stalledConnecting;
  }
  return result;
}

}  // namespace fb
