#include "clients/arrivals.h"

#include <algorithm>
#include <cmath>

namespace fb {
namespace {

// Thirty years: the slowest rates would leave the range.
constexpr double longestNs = 1e18;

}  // namespace

Arrivals::Arrivals(const OpenLoopPlan& plan, std::uint64_t startNs)
    : isPoisson_(plan.arrivals == ArrivalProcess::poisson),
      gapNs_(std::min(1e9 / plan.rate, longestNs)),
      startNs_(startNs),
      random_(plan.seed),
      passed_(isPoisson_ ? exponential() : 0),
      nextNs_(timeOf(passed_)) {}

std::uint64_t Arrivals::take() noexcept {
  const std::uint64_t taken = nextNs_;
  passed_ += isPoisson_ ? exponential() : 1;
  nextNs_ = timeOf(passed_);
  return taken;
}

// Rounded once each, so that no error adds up.
std::uint64_t Arrivals::timeOf(double gaps) const noexcept {
  return startNs_ + static_cast<std::uint64_t>(std::min(gaps * gapNs_, longestNs));
}

// By inversion of its distribution, of mean 1: what the standard library draws differs from one to the next.
double Arrivals::exponential() noexcept {
  const double uniform = static_cast<double>(random_() >> 11) * 0x1p-53;
  return -std::log1p(-uniform);
}

}  // namespace fb
