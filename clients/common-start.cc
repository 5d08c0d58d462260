#include "clients/common-start.h"

#include <poll.h>
#include <sys/prctl.h>
#include <time.h>

#include <cerrno>
#include <string>

#include "native/clock.h"
#include "native/errors.h"
#include "native/stdout-line.h"

namespace fb {
namespace {

constexpr std::uint64_t usPerS = 1'000'000;

// False when `stop` came first.
bool sleepFor(std::uint64_t us, const SignalFd& stop) {
  pollfd waiting{stop.fd(), POLLIN, 0};
  const timespec time{static_cast<time_t>(us / usPerS), static_cast<long>(us % usPerS * 1000)};
  const int ready = ::ppoll(&waiting, 1, &time, nullptr);
  if (ready < 0 && errno != EINTR) throw systemError("ppoll", errno);
  return ready <= 0;
}

}  // namespace

bool waitForStart(std::uint64_t atUs, const SignalFd& stop) {
  const std::uint64_t readyUs = realtimeUs();
  if (readyUs > atUs)
    throw FatalError("was ready " + std::to_string(readyUs - atUs) +
                     " us after the moment of --start-at-us; give a later one");
  // Linux may else let the timer be 50 us late, to save wake-ups.
  const int slackNs = ::prctl(PR_GET_TIMERSLACK);
  ::prctl(PR_SET_TIMERSLACK, 1);
  for (std::uint64_t now = readyUs; now < atUs; now = realtimeUs())
    if (!sleepFor(atUs - now, stop)) return false;
  ::prctl(PR_SET_TIMERSLACK, slackNs);
  writeStdoutLine(R"({"event":"start","realtimeUs":)" + std::to_string(realtimeUs()) + R"(,"monotonicNs":)" +
                  std::to_string(monotonicNs()) + "}");
  return true;
}

}  // namespace fb
