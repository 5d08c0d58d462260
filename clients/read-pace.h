// How a slow reader reads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace fb {

struct ReadPace {
  // A twentieth of a second's bytes at a time, so that it looks like a slow reader and not like one that sleeps.
  explicit ReadPace(std::uint64_t bytesPerSecond) noexcept
      : chunkBytes(std::clamp<std::uint64_t>(bytesPerSecond / 20, 1, 16384)),
        intervalNs(bytesPerSecond == 0 ? 0 : chunkBytes * 1'000'000'000 / bytesPerSecond),
        receiveBuffer(static_cast<int>(std::clamp<std::uint64_t>(2 * chunkBytes, 2048, 16384))) {}

  std::uint64_t chunkBytes;  // in one read
  std::uint64_t intervalNs;  // before each read; 0: there is no limit
  int receiveBuffer;         // SO_RCVBUF, or the kernel would read ahead what the server is to keep
};

}  // namespace fb
