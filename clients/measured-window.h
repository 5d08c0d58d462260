// The measured window of an engine that runs in one thread: warm-up, two halves, over.
#pragma once

#include <cstdint>
#include <limits>

#include "native/cpu-time.h"
#include "clients/load-plan.h"
#include "clients/measurement.h"
#include "clients/tally.h"
#include "clients/warmup.h"
#include "clients/window-log.h"

namespace fb {

class MeasuredWindow {
 public:
  // The warm-up starts at `warmupStartNs`.
  MeasuredWindow(const LoadPlan& plan, std::uint64_t warmupStartNs, const WindowLog& log)
      : warmup_(plan, warmupStartNs),
        durationNs_(plan.durationNs),
        nextBoundaryNs_(warmup_.nextLookNs()),
        log_(log) {}

  // Passes every boundary that lies before `now`; until then so many requests were answered. Cheap when there is
  // none, so that each completed request can be put on the right side of it.
  void pass(std::uint64_t now, std::uint64_t answered) {
    while (now >= nextBoundaryNs_) [[unlikely]]
      passBoundary(now, answered);
  }

  WindowPart part() const noexcept { return part_; }
  bool hasStarted() const noexcept { return startNs_ != 0; }
  std::uint64_t startNs() const noexcept { return startNs_; }
  bool isOver() const noexcept { return endNs_ != 0; }
  std::uint64_t endNs() const noexcept { return endNs_; }
  std::uint64_t nextBoundaryNs() const noexcept { return nextBoundaryNs_; }

  void writeTo(Measurement& measurement) const noexcept;

 private:
  void passBoundary(std::uint64_t now, std::uint64_t answered);

  Warmup warmup_;
  std::uint64_t durationNs_;
  std::uint64_t nextBoundaryNs_;
  const WindowLog& log_;
  WindowPart part_ = WindowPart::outside;
  std::uint64_t startNs_ = 0;
  std::uint64_t middleNs_ = 0;
  std::uint64_t endNs_ = 0;
  CpuTime cpuAtStart_;
  CpuTime cpu_;
};

}  // namespace fb
