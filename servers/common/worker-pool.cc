#include "servers/common/worker-pool.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <string>

#include "native/clock.h"
#include "native/errors.h"
#include "native/program.h"

namespace fb {
namespace {

constexpr std::uint64_t msInNs = 1'000'000;
constexpr std::uint64_t shortLifeNs = 1000 * msInNs;
constexpr std::uint64_t firstDelayNs = 100 * msInNs;
constexpr std::uint64_t longestDelayNs = 5000 * msInNs;
constexpr std::uint64_t stopLimitNs = 2000 * msInNs;

std::string describeEnd(int status) {
  if (WIFSIGNALED(status)) return "was killed by signal " + std::to_string(WTERMSIG(status));
  return "exited with code " + std::to_string(WEXITSTATUS(status));
}

// The first short life may be an accident (somebody's kill) and is not held against the next worker.
std::uint64_t restartDelayNs(std::uint32_t shortLives) noexcept {
  if (shortLives < 2) return 0;
  return std::min(firstDelayNs << std::min(shortLives - 2, 10u), longestDelayNs);
}

// Without this a worker would outlive a parent that got SIGKILL.
void endWithParent(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) std::exit(0);  // it died before the line above
}

}  // namespace

WorkerPool::WorkerPool(std::uint32_t size, CounterPage& page, SignalPipe& signals, WorkerRole& role)
    : page_(page), signals_(signals), role_(role), workers_(size) {}

void WorkerPool::startAll() {
  for (std::uint32_t slot = 1; slot <= workers_.size(); ++slot) start(slot);
}

void WorkerPool::start(std::uint32_t slot) {
  role_.beforeFork(slot);
  const pid_t parent = ::getpid();
  const SignalsHeldBack held;
  const pid_t pid = ::fork();
  if (pid < 0) throw systemError("start a worker process", errno, "raise the limit of processes (ulimit -u)");
  if (pid == 0) becomeWorker(slot, parent);
  Worker& worker = workers_[slot - 1];
  worker.pid = pid;
  worker.startedNs = monotonicNs();
  page_.setPid(slot, pid);
  ++alive_;
  role_.afterFork(slot);
}

// Ends with the process: this stack belongs to the parent, and must be neither unwound nor returned to here.
void WorkerPool::becomeWorker(std::uint32_t slot, pid_t parent) noexcept {
  int exitCode = 1;
  try {
    signals_.replaceInChild();
    endWithParent(parent);
    exitCode = role_.work(slot);
  } catch (const std::exception& error) {
    logLine(error.what());
  }
  std::exit(exitCode);
}

void WorkerPool::reap() {
  int status = 0;
  for (pid_t pid; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    for (std::uint32_t slot = 1; slot <= workers_.size(); ++slot)
      if (workers_[slot - 1].pid == pid) onEnded(slot, status);
  }
}

void WorkerPool::onEnded(std::uint32_t slot, int status) {
  Worker& worker = workers_[slot - 1];
  logLine("worker " + std::to_string(slot) + " (pid " + std::to_string(worker.pid) + ") " + describeEnd(status));
  // Its slot has no writer now, so the parent may write: what it had open has ended with it.
  CounterSlot& counters = page_.slot(slot);
  counters.errors.add(counters.unfinished());

  const std::uint64_t nowNs = monotonicNs();
  worker.shortLives = nowNs - worker.startedNs < shortLifeNs ? worker.shortLives + 1 : 0;
  worker.restartAtNs = nowNs + restartDelayNs(worker.shortLives);
  worker.pid = 0;
  --alive_;
  role_.afterEnd(slot);
}

int WorkerPool::replaceEnded() {
  if (alive_ == workers_.size()) return -1;
  std::uint64_t nextNs = UINT64_MAX;
  for (std::uint32_t slot = 1; slot <= workers_.size(); ++slot) {
    Worker& worker = workers_[slot - 1];
    if (worker.pid != 0) continue;
    if (worker.restartAtNs <= monotonicNs() && tryReplace(slot)) continue;
    nextNs = std::min(nextNs, worker.restartAtNs);
  }
  if (nextNs == UINT64_MAX) return -1;
  const std::uint64_t nowNs = monotonicNs();
  return nextNs > nowNs ? static_cast<int>((nextNs - nowNs) / msInNs + 1) : 0;
}

bool WorkerPool::tryReplace(std::uint32_t slot) {
  try {
    start(slot);
  } catch (const FatalError& error) {
    logLine(error.what());
    workers_[slot - 1].restartAtNs = monotonicNs() + longestDelayNs;
    return false;
  }
  page_.countRespawn();
  logLine("worker " + std::to_string(slot) + " was replaced by pid " + std::to_string(workers_[slot - 1].pid));
  return true;
}

void WorkerPool::stopAll() noexcept {
  const auto forEachAlive = [this](auto action) {
    for (Worker& worker : workers_)
      if (worker.pid != 0) action(worker);
  };
  const auto waitFor = [this](Worker& worker, int flags) {
    if (::waitpid(worker.pid, nullptr, flags) != worker.pid) return;
    worker.pid = 0;
    --alive_;
  };
  // Held back, so that a worker which ends between the look and the wait still ends the wait.
  const SignalsHeldBack held;
  sigset_t childEnded;
  ::sigemptyset(&childEnded);
  ::sigaddset(&childEnded, SIGCHLD);
  forEachAlive([](Worker& worker) { ::kill(worker.pid, SIGTERM); });
  const std::uint64_t deadlineNs = monotonicNs() + stopLimitNs;
  for (std::uint64_t nowNs = monotonicNs(); nowNs < deadlineNs; nowNs = monotonicNs()) {
    forEachAlive([&](Worker& worker) { waitFor(worker, WNOHANG); });
    if (alive_ == 0) return;
    const std::uint64_t leftNs = deadlineNs - nowNs;
    const timespec left{static_cast<time_t>(leftNs / 1'000'000'000), static_cast<long>(leftNs % 1'000'000'000)};
    ::sigtimedwait(&childEnded, nullptr, &left);
  }
  forEachAlive([&](Worker& worker) {
    logLine("pid " + std::to_string(worker.pid) + " did not end in time and was killed");
    ::kill(worker.pid, SIGKILL);
    waitFor(worker, 0);
  });
}

void superviseWorkers(WorkerPool& pool, SignalPipe& signals) {
  pool.startAll();
  pollfd signalled{signals.readEnd(), POLLIN, 0};
  for (;;) {
    if (::poll(&signalled, 1, pool.replaceEnded()) <= 0) continue;
    const PendingSignals pending = signals.take();
    if (pending.terminate) return pool.stopAll();
    if (pending.childEnded) pool.reap();
  }
}

}  // namespace fb
