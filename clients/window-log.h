// Tells whoever watches, at once, when the measured window starts and ends: one line of JSON each on stdout.
#pragma once

#include <cstdint>

namespace fb {

class WindowLog {
 public:
  void started(std::uint64_t monotonicNs) const;
  void ended(std::uint64_t monotonicNs) const;
};

}  // namespace fb
