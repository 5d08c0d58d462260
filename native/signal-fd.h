// Signals as a descriptor, so that a loop that waits for sockets or children can also be told of them.
#pragma once

#include <signal.h>

#include <initializer_list>

#include "native/fd.h"

namespace fb {

// What a shell reports for a program that ended on Ctrl-C.
inline constexpr int interruptedExitCode = 130;

class SignalFd {
 public:
  // Blocks the signals in this process and what it forks. FatalError when there is no descriptor left.
  explicit SignalFd(std::initializer_list<int> signals);

  // Readable when one has come.
  int fd() const noexcept { return fd_.get(); }

  // Makes it unreadable until the next one.
  void clear() const noexcept;

 private:
  Fd fd_;
};

// For a forked child, which inherits what its parent has blocked.
void unblockAllSignals() noexcept;

}  // namespace fb
