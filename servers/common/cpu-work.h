// Computation per request, in microseconds of CPU.
#pragma once

#include <cstdint>

namespace fb {

class CpuWork {
 public:
  // Measures this CPU once, on its own CPU clock, to know how many steps take `microseconds`. Later perform() counts
  // steps only: it makes no system call, and time in which others had the CPU is not taken for work.
  explicit CpuWork(std::uint32_t microseconds);

  void perform() const noexcept {
    if (steps_ > 0) spin(steps_);
  }

 private:
  static void spin(std::uint64_t steps) noexcept;

  std::uint64_t steps_ = 0;
};

}  // namespace fb
