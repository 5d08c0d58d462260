#include "servers/common/cpu-work.h"

#include <time.h>

#include <algorithm>
#include <limits>

namespace fb {
namespace {

double ownCpuUs() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

}  // namespace

CpuWork::CpuWork(std::uint32_t microseconds) {
  if (microseconds == 0) return;
  // The fastest of several rounds: interrupts and cold caches only ever make a round slower.
  constexpr std::uint64_t roundSteps = 1'000'000;
  double fastestUs = std::numeric_limits<double>::infinity();
  for (int round = 0; round < 10; ++round) {
    const double startUs = ownCpuUs();
    spin(roundSteps);
    fastestUs = std::min(fastestUs, ownCpuUs() - startUs);
  }
  const double stepsPerUs = roundSteps / std::max(fastestUs, 1.0);
  steps_ = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(stepsPerUs * microseconds));
}

// Each step needs the result of the one before, so that no CPU can run several at once.
void CpuWork::spin(std::uint64_t steps) noexcept {
  std::uint64_t state = steps;
  for (std::uint64_t step = 0; step < steps; ++step) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    asm volatile("" : "+r"(state));
  }
}

}  // namespace fb
