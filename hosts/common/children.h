// The processes that an agent starts for the harness, each in a process group of its own.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "hosts/common/frames.h"
#include "native/fd.h"

namespace fb {

class Children {
 public:
  explicit Children(FrameWriter& writer) : writer_(writer) {}

  // `{id, argv, cores}` with the program's standard input as body. Says "started" with its pid, or "notStarted".
  void start(const Frame& request);
  // `{target, signal, group}`; whoever has ended already is no error.
  void signal(const Json& request);

  // What poll() is to wait for: output that may be passed on, input that may be given. `handle` takes it back.
  void addTo(std::vector<pollfd>& waited) const;
  void handle(const pollfd& ready);
  // After SIGCHLD: says "ended" of each that has; its group ends with it, and so do its pipes.
  void reap();

 private:
  struct Child {
    std::int64_t id = 0;
    Fd input;
    std::string pendingInput;
    Fd output;
    Fd errors;
  };

  void passOn(Child& child, Fd& from, const char* event);
  void feed(Child& child);

  FrameWriter& writer_;
  std::map<pid_t, Child> children_;
};

// Kills all that descends from this process, those too that have left their group, and waits until none is left.
void killDescendants();

}  // namespace fb
