// The client processes that this one has forked. None outlives the object.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <unordered_map>
#include <vector>

#include "native/cpu-time.h"

namespace fb {

struct EndedClient {
  std::size_t index = 0;
  bool wasKilled = false;  // it did not end by itself
  CpuTime cpu;             // of its whole life
};

class ClientProcesses {
 public:
  ClientProcesses() = default;
  ~ClientProcesses();
  ClientProcesses(const ClientProcesses&) = delete;
  ClientProcesses& operator=(const ClientProcesses&) = delete;

  // Forks a client that runs `body` and exits; it dies with this process. FatalError when there can be no more.
  void fork(std::size_t index, const std::function<void()>& body);

  std::size_t running() const noexcept { return running_.size(); }

  // Those that have ended since the last call; does not wait.
  std::vector<EndedClient> reap();

  // SIGKILL to all that still run; reap() returns them later.
  void killAll() const noexcept;

 private:
  std::unordered_map<pid_t, std::size_t> running_;
};

}  // namespace fb
