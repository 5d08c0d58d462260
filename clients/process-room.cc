#include "clients/process-room.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>

#include "clients/proc-file.h"

namespace fb {
namespace {

namespace fs = std::filesystem;

std::optional<Shortage> compare(std::uint64_t wanted, std::uint64_t running, std::uint64_t limit,
                                const std::string& limitName, const std::string& remedy) {
  if (running + wanted <= limit) return std::nullopt;
  return Shortage{"needs as many processes beside " + std::to_string(running) + " that run, " + limitName + " is " +
                      std::to_string(limit),
                  "raise it with `" + remedy + "` as root"};
}

// Processes and threads of this user, as the limit counts them.
std::uint64_t tasksOfUser(uid_t user) {
  std::uint64_t tasks = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    struct stat process {};
    struct stat threads {};
    if (!std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c) != 0; })) continue;
    if (::stat(entry.path().c_str(), &process) != 0 || process.st_uid != user) continue;
    if (::stat((entry.path() / "task").c_str(), &threads) == 0) tasks += threads.st_nlink - 2;
  }
  return tasks;
}

std::optional<Shortage> userShortage(std::uint64_t wanted) {
  rlimit limit{};
  // The kernel does not hold root to it.
  if (::geteuid() == 0 || ::getrlimit(RLIMIT_NPROC, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return std::nullopt;
  const std::uint64_t running = tasksOfUser(::geteuid());
  return compare(wanted, running, limit.rlim_cur, "the user's limit (ulimit -u)",
                 "ulimit -u " + std::to_string(running + wanted));
}

std::optional<Shortage> machineShortage(std::uint64_t wanted) {
  // "0.10 0.20 0.30 2/345 6789": of 345 tasks, two are runnable.
  const auto lines = linesOf("/proc/loadavg");
  const std::size_t slash = lines.empty() ? std::string::npos : lines.front().find('/');
  if (slash == std::string::npos) return std::nullopt;
  const std::uint64_t running = std::stoull(lines.front().substr(slash + 1));
  for (const std::string name : {"pid_max", "threads-max"}) {
    const auto limit = numbersIn("/proc/sys/kernel/" + name);
    if (limit.empty()) continue;
    auto shortage = compare(wanted, running, limit.front(), "kernel." + name,
                            "sysctl -w kernel." + name + "=" + std::to_string(2 * (running + wanted)));
    if (shortage) return shortage;
  }
  return std::nullopt;
}

// Where the hierarchy that limits processes is mounted, and this process's place in it.
struct CgroupPlace {
  fs::path root;
  fs::path below;
};

std::optional<CgroupPlace> pidsCgroup() {
  for (const std::string& line : linesOf("/proc/self/cgroup")) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path below = fs::path(line.substr(second + 1)).relative_path();
    if (controllers == "pids") return CgroupPlace{"/sys/fs/cgroup/pids", below};
    if (controllers.empty() && fs::exists("/sys/fs/cgroup/cgroup.controllers"))
      return CgroupPlace{"/sys/fs/cgroup", below};
  }
  return std::nullopt;
}

std::optional<Shortage> cgroupShortage(std::uint64_t wanted) {
  const auto place = pidsCgroup();
  if (!place) return std::nullopt;
  for (fs::path below = place->below;; below = below.parent_path()) {
    const fs::path group = place->root / below;
    const std::string file = group / "pids.max";
    const auto limit = numbersIn(file);  // none for "max"
    const auto running = numbersIn(group / "pids.current");
    if (!limit.empty() && !running.empty()) {
      const std::string enough = std::to_string(running.front() + wanted);
      if (auto shortage = compare(wanted, running.front(), limit.front(), file, "echo " + enough + " > " + file))
        return shortage;
    }
    if (below.empty()) return std::nullopt;
  }
}

}  // namespace

std::optional<Shortage> shortageOfProcesses(std::uint64_t wanted) {
  if (auto shortage = userShortage(wanted)) return shortage;
  if (auto shortage = machineShortage(wanted)) return shortage;
  return cgroupShortage(wanted);
}

}  // namespace fb
