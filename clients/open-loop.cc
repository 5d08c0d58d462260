#include "clients/open-loop.h"

namespace fb {

OpenLoop::OpenLoop(const LoadPlan& plan, std::uint64_t startNs)
    : arrivals_(*plan.openLoop, startNs), freeNs_(plan.connections) {
  for (std::uint32_t i = 0; i < plan.connections; ++i) release(i, startNs);
}

std::uint64_t OpenLoop::start(std::uint32_t index, std::uint64_t now, const MeasuredWindow& window) noexcept {
  const std::uint64_t plannedNs = arrivals_.take();
  OpenLoopCounts& counts = *counts_;
  if (!window.hasStarted() || plannedNs < window.startNs()) {
    ++counts.plannedBefore;
    if (window.hasStarted()) ++counts.carriedOver;
    return plannedNs;
  }
  ++counts.planned;
  ++counts.started;
  if (freeNs_[index] > plannedNs) {
    ++counts.waited;
    counts.wait.record((freeNs_[index] - plannedNs) / 1000);
  } else {
    counts.scheduleError.record((now - plannedNs) / 1000);
  }
  return plannedNs;
}

std::shared_ptr<const OpenLoopCounts> OpenLoop::finish(const MeasuredWindow& window) {
  OpenLoopCounts& counts = *counts_;
  if (arrivals_.nextNs() < window.endNs()) counts.oldestUnstartedNs = window.endNs() - arrivals_.nextNs();
  for (; arrivals_.nextNs() < window.startNs(); arrivals_.take()) {
    ++counts.plannedBefore;
    ++counts.carriedOver;
    ++counts.unstartedBefore;
  }
  for (; arrivals_.nextNs() < window.endNs(); arrivals_.take()) {
    ++counts.planned;
    ++counts.unstarted;
  }
  return counts_;
}

}  // namespace fb
