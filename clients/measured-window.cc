#include "clients/measured-window.h"

namespace fb {

void MeasuredWindow::passBoundary(std::uint64_t now, std::uint64_t answered) {
  if (startNs_ == 0 && !warmup_.endsAt(now, answered)) {
    nextBoundaryNs_ = warmup_.nextLookNs();
  } else if (startNs_ == 0) {
    part_ = WindowPart::firstHalf;
    startNs_ = now;
    nextBoundaryNs_ = startNs_ + durationNs_ / 2;
    cpuAtStart_ = ownCpuTime();
    log_.started(now);
  } else if (middleNs_ == 0) {
    part_ = WindowPart::secondHalf;
    middleNs_ = now;
    nextBoundaryNs_ = startNs_ + durationNs_;
  } else {
    part_ = WindowPart::outside;
    endNs_ = now;
    nextBoundaryNs_ = std::numeric_limits<std::uint64_t>::max();
    cpu_ = ownCpuTime() - cpuAtStart_;
    log_.ended(now);
  }
}

void MeasuredWindow::writeTo(Measurement& measurement) const noexcept {
  warmup_.writeTo(measurement, startNs_);
  measurement.windowMs = static_cast<double>(endNs_ - startNs_) / 1e6;
  measurement.firstHalfMs = static_cast<double>(middleNs_ - startNs_) / 1e6;
  measurement.cpu = cpu_;
}

}  // namespace fb
