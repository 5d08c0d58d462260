#include "servers/common/signal-pipe.h"

#include <fcntl.h>
#include <sys/time.h>
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

constexpr suseconds_t repeatUs = 50'000;

void repeatAlarm(suseconds_t everyUs) noexcept {
  const itimerval every{{0, everyUs}, {0, everyUs}};
  ::setitimer(ITIMER_REAL, &every, nullptr);
}

// The signal may come just before a call that then blocks with nothing to end it. Hence an alarm, which does nothing
// but interrupt, again and again until somebody has looked into the pipe.
void writeToPipeAndInterrupt(int signal) {
  writeToPipe(signal);
  repeatAlarm(repeatUs);
}

sigset_t handledSet() noexcept {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : handledSignals) ::sigaddset(&set, signal);
  return set;
}

}  // namespace

SignalPipe::SignalPipe(Interrupting interrupting) : interrupts_(interrupting == Interrupting::yes) {
  open();
  struct sigaction action {};
  action.sa_handler = interrupts_ ? writeToPipeAndInterrupt : writeToPipe;
  action.sa_flags = interrupts_ ? SA_NOCLDSTOP : SA_NOCLDSTOP | SA_RESTART;
  if (interrupts_) {
    struct sigaction nothing {};
    nothing.sa_handler = [](int) {};
    ::sigaction(SIGALRM, &nothing, nullptr);
  }
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
  if (interrupts_) repeatAlarm(0);  // before the look: a signal that comes after this sets it again
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
