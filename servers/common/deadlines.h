// When the time of each descriptor is up. All get equally long, so whose time began last is also the last to run out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fb {

class Deadlines {
 public:
  // How long each gets; 0 for ever, which makes all of this do nothing.
  explicit Deadlines(std::uint64_t lengthNs) noexcept : lengthNs_(lengthNs) {}

  // Begins the descriptor's time, again if it had begun.
  void begin(int fd);
  // The descriptor's time, if it had begun, no longer counts.
  void end(int fd) noexcept;

  bool areNone() const noexcept { return first_ < 0; }
  // A descriptor whose time is up, which ends it; -1 without one.
  int takeOverdue(std::uint64_t nowNs) noexcept;
  // For how many milliseconds no time will be up, -1 for ever.
  int waitMs(std::uint64_t nowNs) const noexcept;

 private:
  // Linked in the order of their deadlines, -1 where there is no neighbour.
  struct Entry {
    std::uint64_t untilNs = 0;
    int before = -1;
    int after = -1;
    bool counts = false;
  };

  Entry& entry(int fd) noexcept { return byFd_[static_cast<std::size_t>(fd)]; }

  const std::uint64_t lengthNs_;
  std::vector<Entry> byFd_;
  int first_ = -1;
  int last_ = -1;
};

}  // namespace fb
