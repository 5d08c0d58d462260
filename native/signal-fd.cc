#include "native/signal-fd.h"

#include <sys/signalfd.h>

#include <cerrno>

#include "native/errors.h"

namespace fb {

SignalFd::SignalFd(std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  fd_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) throw systemError("signalfd", errno);
}

void SignalFd::clear() const noexcept {
  signalfd_siginfo info;
  while (::read(fd_.get(), &info, sizeof(info)) > 0) {
  }
}

void unblockAllSignals() noexcept {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace fb
