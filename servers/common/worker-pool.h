// The worker processes of a server: started, reaped, replaced, ended.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "servers/common/counter-page.h"
#include "servers/common/signal-pipe.h"

namespace fb {

// What a server does with its workers beside keeping them alive.
class WorkerRole {
 public:
  virtual ~WorkerRole() = default;

  // In the parent, before the worker of this slot is forked and after it was.
  virtual void beforeFork([[maybe_unused]] std::uint32_t slot) {}
  virtual void afterFork([[maybe_unused]] std::uint32_t slot) {}
  // In the worker's own process; its result, or 1 after an exception, is the exit code. What the parent holds and a
  // worker must not is released here, apart from the signal pipe.
  virtual int work(std::uint32_t slot) = 0;
  // In the parent, once the worker has ended.
  virtual void afterEnd([[maybe_unused]] std::uint32_t slot) {}
};

class WorkerPool {
 public:
  // Slots are 1 to `size`, as in the counter page.
  WorkerPool(std::uint32_t size, CounterPage& page, SignalPipe& signals, WorkerRole& role);

  void startAll();

  // Takes note of workers that ended, says so on stderr, and settles the connections that died with them.
  void reap();

  // Replaces ended workers. One that ended soon after its start waits, longer each time, so that workers which
  // can't live don't become a storm of forks. Returns for how many milliseconds the caller may wait before it
  // must call this again, -1 for ever.
  int replaceEnded();

  std::uint32_t aliveCount() const noexcept { return alive_; }

  // Ends all workers: asks them, and after two seconds kills them.
  void stopAll() noexcept;

 private:
  struct Worker {
    pid_t pid = 0;  // 0: none
    std::uint64_t startedNs = 0;
    std::uint64_t restartAtNs = 0;
    std::uint32_t shortLives = 0;  // in a row
  };

  void start(std::uint32_t slot);
  [[noreturn]] void becomeWorker(std::uint32_t slot, pid_t parent) noexcept;
  void onEnded(std::uint32_t slot, int status);
  bool tryReplace(std::uint32_t slot);

  CounterPage& page_;
  SignalPipe& signals_;
  WorkerRole& role_;
  std::vector<Worker> workers_;  // by slot - 1
  std::uint32_t alive_ = 0;
};

// Keeps the pool's workers at work until SIGTERM or SIGINT, then ends them: all that a parent does which leaves the
// connections to its workers.
void superviseWorkers(WorkerPool& pool, SignalPipe& signals);

}  // namespace fb
