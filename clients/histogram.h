// A histogram of microseconds in the layout of HdrHistogram: 3 significant digits from 1 us to 10 minutes, so that
// histograms of several runs can be merged and any HDR library can take them over.
//
// It is a plain object of lock-free atomics: several processes can record into one that lies in shared memory.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace fb {

namespace hdr {

// 2 x 10^3 values need single-unit resolution: 2048 sub-buckets. Each further bucket doubles the unit, and only the
// upper half of its sub-buckets is new.
inline constexpr unsigned halfBits = 10;
inline constexpr std::uint64_t half = 1u << halfBits;

constexpr std::size_t indexOf(std::uint64_t us) noexcept {
  const auto bucket = static_cast<unsigned>(std::bit_width(us | (2 * half - 1))) - (halfBits + 1);
  return bucket * half + (us >> bucket);
}

constexpr std::uint64_t lowestOf(std::size_t index) noexcept {
  if (index < 2 * half) return index;
  const std::size_t bucket = index / half - 1;
  return (index - bucket * half) << bucket;
}

}  // namespace hdr

class Histogram {
 public:
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "must work between processes");

  static constexpr std::uint64_t highestUs = 600'000'000;

  // A longer time counts as ten minutes in its bucket; mean and maximum stay exact.
  void record(std::uint64_t us) noexcept {
    buckets_[hdr::indexOf(std::min(us, highestUs))].fetch_add(1, std::memory_order_relaxed);
    sumUs_.fetch_add(us, std::memory_order_relaxed);
    std::uint64_t highest = maxUs_.load(std::memory_order_relaxed);
    while (us > highest && !maxUs_.compare_exchange_weak(highest, us, std::memory_order_relaxed)) {
    }
  }

  std::uint64_t count() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& bucket : buckets_) sum += bucket.load(std::memory_order_relaxed);
    return sum;
  }

  double meanUs() const noexcept {
    const std::uint64_t recorded = count();
    return recorded == 0 ? 0
                         : static_cast<double>(sumUs_.load(std::memory_order_relaxed)) / static_cast<double>(recorded);
  }

  std::uint64_t maxUs() const noexcept { return maxUs_.load(std::memory_order_relaxed); }

  // Calls visit(lowestEquivalentUs, count) for every bucket that is not empty, in ascending order.
  template <typename Visit>
  void forEachBucket(Visit visit) const {
    for (std::size_t index = 0; index < buckets_.size(); ++index) {
      const std::uint64_t recorded = buckets_[index].load(std::memory_order_relaxed);
      if (recorded > 0) visit(hdr::lowestOf(index), recorded);
    }
  }

 private:
  std::array<std::atomic<std::uint64_t>, hdr::indexOf(highestUs) + 1> buckets_{};
  std::atomic<std::uint64_t> sumUs_{0};
  std::atomic<std::uint64_t> maxUs_{0};
};

// Of the requests that succeeded within the window.
struct Timings {
  Histogram connect;   // from the start of connect to the end of the handshake
  Histogram response;  // from the time when it was to start, in a closed loop that of connect, to the end of the stream
};

}  // namespace fb
