// The ports from which connections are made.
#pragma once

#include <cstdint>
#include <optional>

namespace fb {

struct LocalPorts {
  std::uint64_t lowest = 0;
  std::uint64_t highest = 0;

  std::uint64_t count() const noexcept { return highest - lowest + 1; }
};

// Those that the kernel chooses from; nothing when it does not tell.
std::optional<LocalPorts> localPorts();

// Value for the socket option IP_LOCAL_PORT_RANGE, or 0 where it should be left alone. By itself the kernel chooses
// among the even ports and looks at the odd ones only when it has tried all of those in vain: with nearly as many
// connections as there are even ports, connect() does hardly anything else. Told the same range by this option, it
// makes no such difference.
std::uint32_t portRangeFor(unsigned connections);

}  // namespace fb
