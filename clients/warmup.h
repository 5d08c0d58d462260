// When the warm-up of an engine that runs in one thread ends: after a fixed time, or once the rate is steady.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "clients/load-plan.h"
#include "clients/measurement.h"

namespace fb {

class Warmup {
 public:
  Warmup(const LoadPlan& plan, std::uint64_t startNs) noexcept;

  // When endsAt() is to be asked next.
  std::uint64_t nextLookNs() const noexcept { return nextLookNs_; }

  // Whether it ends at `now`, with so many requests answered since its start. Not to be asked before nextLookNs().
  bool endsAt(std::uint64_t now, std::uint64_t answered) noexcept;

  // Once it has ended, which was at `endNs`.
  void writeTo(Measurement& measurement, std::uint64_t endNs) const noexcept;

 private:
  // Two halves are compared, each of so many slices.
  static constexpr std::size_t slicesInHalf = 5;
  static constexpr std::size_t looksKept = 2 * slicesInHalf + 1;

  // At the border of a slice.
  struct Look {
    std::uint64_t atNs = 0;
    std::uint64_t answered = 0;
  };

  void keep(Look look) noexcept { looks_[lookCount_++ % looksKept] = look; }
  bool isSteady() const noexcept;

  std::uint64_t startNs_;
  std::uint64_t earliestEndNs_;
  std::uint64_t latestEndNs_;
  std::uint64_t nextLookNs_;
  std::array<Look, looksKept> looks_;  // the newest ones, round and round
  std::size_t lookCount_ = 0;          // all that there ever were
  std::optional<bool> settled_;        // nothing: its length is fixed
};

}  // namespace fb
