// Times the system calls of some processes in the kernel, by two small eBPF programs at their entry and their return.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <vector>

#include "native/fd.h"

namespace fb {

class SyscallTracer {
 public:
  // Calls of processes in different groups are counted apart.
  struct Process {
    pid_t pid;
    std::uint32_t group;
  };
  static constexpr std::uint32_t mostGroups = 2;

  // All threads of these processes are traced, those that are started later too; further processes are not. They have to
  // be in one PID namespace. FatalError where the kernel does not allow it.
  explicit SyscallTracer(const std::vector<Process>& processes);

  struct Times {
    std::uint32_t group;
    std::uint32_t number;
    std::uint64_t sumNs;
    // Calls that took from 2^n to below 2^(n+1) nanoseconds.
    std::array<std::uint64_t, 64> counts;
  };
  // Ends the tracing; calls that have not returned by then are not counted.
  std::vector<Times> finish();

 private:
  Fd groups_;
  Fd tasks_;
  Fd times_;
  Fd onReturn_;
  Fd onEntry_;
};

}  // namespace fb
