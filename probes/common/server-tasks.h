// What the tasks of a server are doing at this moment: its processes, those that descend from it, and their threads.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "probes/common/kernel-counters.h"

namespace fb {

class ServerTasks {
 public:
  explicit ServerTasks(pid_t root) : root_(root) {}

  // Looks for tasks that were started or ended since. Not more than a few hundred are watched.
  void find();

  struct Look {
    int tasks = 0;
    // On a core or waiting for one.
    int runnable = 0;
  };
  Look look();

  // The number of the system call that the first task sleeps in, -1 where that may not be known.
  int sleepsIn();

 private:
  void add(pid_t process);

  struct Task {
    std::string directory;
    std::unique_ptr<ProcReader> stat;
  };
  pid_t root_;
  std::vector<Task> tasks_;
};

}  // namespace fb
