#include "clients/warmup.h"

#include <algorithm>
#include <cmath>

namespace fb {
namespace {

// One wake-up each. Late ones do no harm, since rates are taken over the time that really passed.
constexpr std::uint64_t sliceNs = 50'000'000;

// A machine with neighbours changes its speed by some per cent all the time.
constexpr double tolerance = 0.1;

// About 95 % of a normal distribution.
constexpr double standardErrors = 2;

// What was answered in one half, and in what time.
struct Half {
  double answered;
  double ns;

  double rate() const noexcept { return answered / ns; }
  // Of the rate. Counts of independent events are Poisson's: their variance is their mean.
  double variance() const noexcept { return answered / (ns * ns); }
};

// Geweke's diagnostic (Evaluating the accuracy of sampling-based approaches to the calculation of posterior moments,
// Bayesian Statistics 4, 1992): a series is stationary as far as the means of an earlier and of a later part differ by
// no more than a few standard errors of their difference. Its standard errors are those of counting here, which makes
// it lenient where only a handful of requests were answered. Where there are thousands it would find differences that
// do not matter, so that a few per cent are always allowed, as by Georges, Buytaert and Eeckhout (Statistically
// rigorous Java performance evaluation, OOPSLA 2007) over the last iterations of a warm-up.
// A half without an answer says nothing about a rate.
bool haveSameRate(const Half& earlier, const Half& later) noexcept {
  if (earlier.answered == 0 || later.answered == 0) return false;
  const double noise = standardErrors * std::sqrt(earlier.variance() + later.variance());
  return std::abs(later.rate() - earlier.rate()) <= std::max(tolerance * earlier.rate(), noise);
}

}  // namespace

Warmup::Warmup(const LoadPlan& plan, std::uint64_t startNs) noexcept
    : startNs_(startNs),
      earliestEndNs_(startNs + plan.warmupNs),
      latestEndNs_(startNs + std::max(plan.warmupNs, plan.warmupLimitNs)),
      nextLookNs_(latestEndNs_) {
  if (latestEndNs_ == earliestEndNs_) return;
  settled_ = false;
  keep({startNs, 0});
  nextLookNs_ = std::min(startNs + sliceNs, latestEndNs_);
}

bool Warmup::endsAt(std::uint64_t now, std::uint64_t answered) noexcept {
  if (!settled_) return true;
  keep({now, answered});
  nextLookNs_ = std::min(now + sliceNs, latestEndNs_);
  if (now < earliestEndNs_) return false;
  settled_ = isSteady();
  return *settled_ || now >= latestEndNs_;
}

bool Warmup::isSteady() const noexcept {
  if (lookCount_ < looksKept) return false;
  const Look& first = looks_[lookCount_ % looksKept];
  const Look& middle = looks_[(lookCount_ + slicesInHalf) % looksKept];
  const Look& last = looks_[(lookCount_ + 2 * slicesInHalf) % looksKept];
  const auto between = [](const Look& from, const Look& to) {
    return Half{static_cast<double>(to.answered - from.answered), static_cast<double>(to.atNs - from.atNs)};
  };
  return haveSameRate(between(first, middle), between(middle, last));
}

void Warmup::writeTo(Measurement& measurement, std::uint64_t endNs) const noexcept {
  measurement.warmupMs = static_cast<double>(endNs - startNs_) / 1e6;
  measurement.settled = settled_;
}

}  // namespace fb
