#include "servers/common/lingering-close.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>

#include "native/clock.h"

namespace fb {

void closeLingering(Fd connection, std::chrono::milliseconds limit) noexcept {
  if (::shutdown(connection.get(), SHUT_WR) != 0) return;
  const std::uint64_t deadlineNs = monotonicNs() + static_cast<std::uint64_t>(limit.count()) * 1'000'000;
  std::array<char, 16384> dropped;
  for (std::uint64_t nowNs = monotonicNs(); nowNs < deadlineNs; nowNs = monotonicNs()) {
    pollfd waiting{connection.get(), POLLIN, 0};
    const int remainingMs = static_cast<int>((deadlineNs - nowNs + 999'999) / 1'000'000);
    if (::poll(&waiting, 1, remainingMs) <= 0) return;
    if (::recv(connection.get(), dropped.data(), dropped.size(), MSG_DONTWAIT) <= 0) return;
  }
}

}  // namespace fb
