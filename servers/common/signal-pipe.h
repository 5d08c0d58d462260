// SIGTERM, SIGINT and SIGCHLD as one more event source: their handler writes to a pipe that epoll watches.
#pragma once

#include <signal.h>

#include "native/fd.h"

namespace fb {

// What arrived since the last look.
struct PendingSignals {
  bool terminate = false;  // SIGTERM or SIGINT
  bool childEnded = false;
};

// Whether a signal ends a system call that blocks.
enum class Interrupting { yes, no };

// At most one per process, since a signal handler can only reach globals.
class SignalPipe {
 public:
  explicit SignalPipe(Interrupting interrupting = Interrupting::no);
  ~SignalPipe();
  SignalPipe(const SignalPipe&) = delete;
  SignalPipe& operator=(const SignalPipe&) = delete;

  int readEnd() const noexcept { return read_.get(); }
  PendingSignals take() noexcept;

  // In a child that was forked with signals held back, and whose own would otherwise be told to its parent. Lets
  // signals through again.
  void replaceInChild();

 private:
  void open();
  static void unblock() noexcept;

  const bool interrupts_;
  Fd read_;
  Fd write_;
};

// Holds the three signals back while it lives. Around fork(), it keeps a signal to the child from being written
// to the parent's pipe.
class SignalsHeldBack {
 public:
  SignalsHeldBack() noexcept;
  ~SignalsHeldBack();
  SignalsHeldBack(const SignalsHeldBack&) = delete;
  SignalsHeldBack& operator=(const SignalsHeldBack&) = delete;

 private:
  sigset_t before_;
};

}  // namespace fb
