// A process that does not want to end. usage: unruly-child KIND MARKER PORT
//
// stubborn   ignores signals and has forked a child that does too
// escaped    has left its process group and its session, and cleared its environment
// forking    forks all the time: each generation lives for ten milliseconds, a dozen processes at once
//
// All of them keep MARKER in their command line, and one of them listens on PORT of 127.0.0.1.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

namespace {

constexpr int chains = 4;
constexpr long generationNs = 10'000'000;

void sleepFor(long ns) {
  const timespec time{0, ns};
  ::nanosleep(&time, nullptr);
}

[[noreturn]] void stay() {
  for (;;) ::pause();
}

void listenOn(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, 1) != 0)
    std::exit(1);
}

[[noreturn]] void forkForEver() {
  for (;;) {
    sleepFor(generationNs);
    if (::fork() > 0) ::_exit(0);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const std::string kind = argv[1];
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) std::signal(signal, SIG_IGN);
  if (kind == "escaped") {
    if (::fork() > 0) stay();
    ::setsid();
    if (::fork() > 0) ::_exit(0);
    argv[1] = const_cast<char*>("stubborn");
    char* nothing[] = {nullptr};
    ::execve("/proc/self/exe", argv, nothing);
    return 1;
  }
  listenOn(std::atoi(argv[3]));
  if (kind == "stubborn") {
    ::fork();
    stay();
  }
  for (int chain = 0; chain < chains; ++chain)
    if (::fork() == 0) forkForEver();
  stay();
}
