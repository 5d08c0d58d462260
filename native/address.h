// A numeric IP address with its port. Names are not resolved: a benchmark must know where its packets go.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace fb {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  std::string text;  // "127.0.0.1:11111", "[::1]:11111"

  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const noexcept { return storage.ss_family; }
};

// A host that is no numeric IPv4 or IPv6 address is a UsageError that names `flag`.
SocketAddress parseAddress(const std::string& flag, const std::string& host, std::uint16_t port);

}  // namespace fb
