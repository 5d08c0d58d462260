#include "clients/client-processes.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "native/signal-fd.h"
#include "native/errors.h"

namespace fb {

ClientProcesses::~ClientProcesses() {
  killAll();
  for (const auto& [pid, index] : running_) ::waitpid(pid, nullptr, 0);
}

void ClientProcesses::fork(std::size_t index, const std::function<void()>& body) {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0)
    throw systemError("fork client " + std::to_string(index + 1), errno,
                      "raise ulimit -u or the cgroup's pids.max, or give fewer --connections");
  if (pid > 0) {
    running_.emplace(pid, index);
    return;
  }
  unblockAllSignals();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // A parent that died before that sends no signal any more.
  if (::getppid() != parent) ::_exit(1);
  body();
  ::_exit(0);
}

std::vector<EndedClient> ClientProcesses::reap() {
  std::vector<EndedClient> ended;
  int status = 0;
  rusage usage{};
  for (pid_t pid = 0; (pid = ::wait4(-1, &status, WNOHANG, &usage)) > 0;) {
    const auto found = running_.find(pid);
    if (found == running_.end()) continue;  // a child that this process was started with
    ended.push_back({found->second, !WIFEXITED(status) || WEXITSTATUS(status) != 0, cpuTimeFrom(usage)});
    running_.erase(found);
  }
  return ended;
}

void ClientProcesses::killAll() const noexcept {
  for (const auto& [pid, index] : running_) ::kill(pid, SIGKILL);
}

}  // namespace fb
