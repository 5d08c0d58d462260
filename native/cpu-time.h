// CPU time that a process has used.
#pragma once

#include <sys/resource.h>

namespace fb {

struct CpuTime {
  double userMs = 0;
  double systemMs = 0;

  CpuTime& operator+=(const CpuTime& other) noexcept {
    userMs += other.userMs;
    systemMs += other.systemMs;
    return *this;
  }

  friend CpuTime operator-(const CpuTime& later, const CpuTime& earlier) noexcept {
    return {later.userMs - earlier.userMs, later.systemMs - earlier.systemMs};
  }
};

inline CpuTime cpuTimeFrom(const rusage& usage) noexcept {
  const auto ms = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return {ms(usage.ru_utime), ms(usage.ru_stime)};
}

// Of this process, without its children.
inline CpuTime ownCpuTime() noexcept {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return cpuTimeFrom(usage);
}

}  // namespace fb
