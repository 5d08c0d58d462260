// What the kernel tells of a network namespace's TCP sockets, over netlink (sock_diag(7)).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "native/fd.h"

namespace fb {

// The accept queues of all sockets that listen on one port: with SO_REUSEPORT there are several.
struct AcceptQueue {
  int sockets = 0;
  std::uint64_t length = 0;
  // The effective backlogs. A queue holds one connection more than its limit.
  std::uint64_t limit = 0;
};

// Sockets by TCP state; the index is the kernel's TCP_* number (netinet/tcp.h).
using StateCounts = std::array<std::uint64_t, 13>;

class SocketDiag {
 public:
  // FatalError where the kernel has no such thing.
  SocketDiag();

  // In host byte order.
  AcceptQueue acceptQueue(std::uint16_t port);

  // Without those in TIME_WAIT, which can be tens of thousands: the kernel counts them elsewhere.
  StateCounts states();

 private:
  struct Message;
  void dump(std::uint32_t states, const std::function<void(const Message&)>& take);

  Fd socket_;
  std::vector<std::byte> buffer_;
};

}  // namespace fb
