// Connects to a server again and again, sends nothing for a while, and closes. A server that serves one client after
// the other waits for it all that time; a request never comes. Disturbs on purpose, for next to no CPU time.
#include <time.h>

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <string>

#include "native/address.h"
#include "native/errors.h"
#include "native/fd.h"
#include "native/flags.h"
#include "native/program.h"

namespace {

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 11111;
  int everyMs = 100;
  int holdMs = 100;
};

void sleepMs(int ms) noexcept {
  timespec left{ms / 1000, static_cast<long>(ms % 1000) * 1'000'000};
  while (::clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
  }
}

// A server whose queue is full, or that is not there, is met again at the next turn.
void stall(const fb::SocketAddress& server, int holdMs) {
  const fb::Fd socket(::socket(server.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) throw fb::systemError("socket", errno);
  if (::connect(socket.get(), server.get(), server.length) == 0) sleepMs(holdMs);
}

int body(int argc, char** argv) {
  Options options;
  fb::Flags flags("Connects, sends nothing, closes, and begins again after a rest, until it is ended.");
  flags.text("--host", options.host, "Numeric address of the server");
  flags.number<std::uint16_t>("--port", options.port, 1, 65535, "Port of the server");
  flags.number("--every-ms", options.everyMs, 1, 600'000, "Rest between two connections");
  flags.number("--hold-ms", options.holdMs, 1, 600'000, "Time for which a connection is kept open");
  if (!flags.parse(argc, argv)) return 0;
  const fb::SocketAddress server = fb::parseAddress("--host", options.host, options.port);
  for (;;) {
    stall(server, options.holdMs);
    sleepMs(options.everyMs);
  }
}

}  // namespace

int main(int argc, char** argv) { return fb::runProgram("stalling-client", body, argc, argv); }
