// The processes that descend from this one, as /proc shows them.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "native/cpu-time.h"

namespace fb {

// Full paths; empty where the directory is gone.
inline std::vector<std::filesystem::path> entriesOf(const std::string& directory) {
  std::vector<std::filesystem::path> entries;
  std::error_code gone;
  for (std::filesystem::directory_iterator at(directory, gone), end; !gone && at != end; at.increment(gone))
    entries.push_back(at->path());
  return entries;
}

inline std::vector<std::string> childrenOf(const std::string& pid) {
  std::vector<std::string> children;
  for (const auto& thread : entriesOf("/proc/" + pid + "/task")) {
    std::ifstream file(thread / "children");
    for (std::string child; file >> child;) children.push_back(child);
  }
  return children;
}

// Of a process that still stands in the process table, all that it waited for included.
inline CpuTime cpuTimeOf(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string stat;
  std::getline(file, stat);
  // The name in parentheses may hold spaces; utime, stime, cutime and cstime are the 12th to 15th fields after it.
  const auto name = stat.rfind(')');
  if (name == std::string::npos) return {};
  std::istringstream fields(stat.substr(name + 1));
  std::string skipped;
  for (int field = 0; field < 11; ++field) fields >> skipped;
  double user = 0, system = 0, childrenUser = 0, childrenSystem = 0;
  fields >> user >> system >> childrenUser >> childrenSystem;
  const double msPerTick = 1e3 / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return {(user + childrenUser) * msPerTick, (system + childrenSystem) * msPerTick};
}

inline CpuTime cpuTimeBelow(const std::string& pid) {
  CpuTime sum;
  for (const auto& child : childrenOf(pid)) {
    sum += cpuTimeOf(child);
    sum += cpuTimeBelow(child);
  }
  return sum;
}

// Of all that this process started and waited for.
inline CpuTime endedCpuTime() noexcept {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  return cpuTimeFrom(usage);
}

inline CpuTime treeCpuTime() {
  CpuTime sum = endedCpuTime();
  sum += cpuTimeBelow(std::to_string(::getpid()));
  return sum;
}

// Standard input and output aside, which may be sockets of whoever started it.
inline int openSocketsOf(pid_t pid) {
  int sockets = 0;
  for (const auto& fd : entriesOf("/proc/" + std::to_string(pid) + "/fd")) {
    if (std::stoi(fd.filename()) <= STDERR_FILENO) continue;
    std::error_code closedMeanwhile;
    if (std::filesystem::read_symlink(fd, closedMeanwhile).native().starts_with("socket:")) ++sockets;
  }
  return sockets;
}

}  // namespace fb
