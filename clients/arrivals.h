// When the requests of an open loop are to start: times that depend on nothing that happens.
#pragma once

#include <cstdint>
#include <random>

#include "clients/load-plan.h"

namespace fb {

class Arrivals {
 public:
  // `rate`: requests a second, above 0. Constant ones start at startNs + k / rate, Poisson's after gaps that are
  // exponentially distributed with mean 1 / rate; the same seed gives the same gaps.
  Arrivals(const OpenLoopPlan& plan, std::uint64_t startNs);

  std::uint64_t nextNs() const noexcept { return nextNs_; }

  // Takes the next one, and says when it is.
  std::uint64_t take() noexcept;

 private:
  std::uint64_t timeOf(double gaps) const noexcept;
  double exponential() noexcept;

  const bool isPoisson_;
  const double gapNs_;  // on average
  const std::uint64_t startNs_;
  std::mt19937_64 random_;
  double passed_ = 0;  // since the start, in average gaps: a whole number where arrivals are constant
  std::uint64_t nextNs_;
};

}  // namespace fb
