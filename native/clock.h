// The one clock that durations are measured with, and the one that tells machines when to start together.
#pragma once

#include <time.h>

#include <cstdint>

namespace fb {

// Nanoseconds of CLOCK_MONOTONIC; comparable between processes of one machine.
inline std::uint64_t monotonicNs() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
}

// Microseconds of CLOCK_REALTIME, since 1970.
inline std::uint64_t realtimeUs() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000u + static_cast<std::uint64_t>(now.tv_nsec) / 1000u;
}

}  // namespace fb
