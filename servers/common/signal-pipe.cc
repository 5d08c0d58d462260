#include "servers/common/signal-pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "native/errors.h"

namespace fb {
namespace {

volatile sig_atomic_t handlerFd = -1;

constexpr std::array handledSignals{SIGTERM, SIGINT, SIGCHLD};

// A full pipe loses nothing: what it holds wakes the reader, and signals of one kind are merged anyway.
void writeToPipe(int signal) {
  const int before = errno;
  const char byte = static_cast<char>(signal);
  [[maybe_unused]] const ssize_t written = ::write(handlerFd, &byte, 1);
  errno = before;
}

sigset_t handledSet() noexcept {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : handledSignals) ::sigaddset(&set, signal);
  return set;
}

}  // namespace

SignalPipe::SignalPipe() {
  open();
  struct sigaction action {};
  action.sa_handler = writeToPipe;
  action.sa_flags = SA_RESTART | SA_NOCLDSTOP;
  for (const int signal : handledSignals) ::sigaction(signal, &action, nullptr);
  unblock();  // whoever started the program may have blocked them
}

SignalPipe::~SignalPipe() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (const int signal : handledSignals) ::sigaction(signal, &action, nullptr);
  handlerFd = -1;
}

void SignalPipe::open() {
  int ends[2];
  if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) throw systemError("create the pipe for signals", errno);
  handlerFd = ends[1];
  read_.reset(ends[0]);
  write_.reset(ends[1]);
}

void SignalPipe::unblock() noexcept {
  const sigset_t set = handledSet();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

void SignalPipe::replaceInChild() {
  open();
  unblock();
}

PendingSignals SignalPipe::take() noexcept {
  PendingSignals pending;
  std::array<char, 64> bytes;
  for (;;) {
    const ssize_t count = ::read(read_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return pending;
    for (ssize_t at = 0; at < count; ++at) {
      if (bytes[static_cast<std::size_t>(at)] == SIGCHLD)
        pending.childEnded = true;
      else
        pending.terminate = true;
    }
  }
}

SignalsHeldBack::SignalsHeldBack() noexcept {
  const sigset_t set = handledSet();
  ::sigprocmask(SIG_BLOCK, &set, &before_);
}

SignalsHeldBack::~SignalsHeldBack() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace fb
