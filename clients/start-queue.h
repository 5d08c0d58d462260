// Which connections may start a request, and when: first along the ramp, later after a pause.
#pragma once

#include <cstdint>
#include <limits>
#include <queue>
#include <utility>
#include <vector>

namespace fb {

class StartQueue {
 public:
  void add(std::uint64_t dueNs, std::uint32_t slot) { starts_.emplace(dueNs, slot); }

  std::uint64_t nextDueNs() const noexcept {
    return starts_.empty() ? std::numeric_limits<std::uint64_t>::max() : starts_.top().first;
  }

  // Only while nextDueNs() has come.
  std::uint32_t take() {
    const std::uint32_t slot = starts_.top().second;
    starts_.pop();
    return slot;
  }

 private:
  using Start = std::pair<std::uint64_t, std::uint32_t>;
  std::priority_queue<Start, std::vector<Start>, std::greater<>> starts_;
};

}  // namespace fb
