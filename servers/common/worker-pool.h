// The worker processes of a pre-forking server: started, reaped, replaced, ended.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "servers/common/counter-page.h"
#include "servers/common/notice-channel.h"
#include "servers/common/signal-pipe.h"

namespace fb {

class WorkerPool {
 public:
  // What a worker does in its own process; its result, or 1 after an exception, is the exit code. Everything of the parent that a worker
  // must not hold is released there, apart from the pool's own channels and the signal pipe.
  using WorkerMain = std::function<int(std::uint32_t slot, NoticeReceiver notices)>;

  // Slots are 1 to `size`, as in the counter page.
  WorkerPool(std::uint32_t size, CounterPage& page, SignalPipe& signals, WorkerMain workerMain);

  void startAll();

  // Takes note of workers that ended, says so on stderr, and settles the connections that died with them.
  void reap();

  // Replaces ended workers. One that ended soon after its start waits, longer each time, so that workers which
  // can't live don't become a storm of forks. Returns for how many milliseconds the caller may wait before it
  // must call this again, -1 for ever.
  int replaceEnded();

  std::uint32_t aliveCount() const noexcept { return alive_; }

  // Notifies the next living worker in turn that has room for a notice; without one, nobody.
  void notifyNext() noexcept;

  // Ends all workers: asks them, and after `limitMs` kills them.
  void stopAll(std::uint32_t limitMs) noexcept;

 private:
  struct Worker {
    pid_t pid = 0;  // 0: none
    NoticeSender notices;
    std::uint64_t startedNs = 0;
    std::uint64_t restartAtNs = 0;
    std::uint32_t shortLives = 0;  // in a row
  };

  void start(std::uint32_t slot);
  [[noreturn]] void becomeWorker(std::uint32_t slot, pid_t parent, NoticeChannel channel) noexcept;
  void onEnded(std::uint32_t slot, int status);
  bool tryReplace(std::uint32_t slot);

  CounterPage& page_;
  SignalPipe& signals_;
  WorkerMain workerMain_;
  std::vector<Worker> workers_;  // by slot - 1
  std::uint32_t alive_ = 0;
  std::uint32_t next_ = 0;
};

}  // namespace fb
