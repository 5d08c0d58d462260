// Resource limits of the process.
#pragma once

#include <cstdint>

namespace fb {

// Raises the soft limit of open files to the hard one and returns the limit that now holds.
std::uint64_t raiseOpenFileLimit() noexcept;

}  // namespace fb
