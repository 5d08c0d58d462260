// Connections that are to go on with something, and when.
#pragma once

#include <cstdint>
#include <limits>
#include <queue>
#include <utility>
#include <vector>

namespace fb {

class DueQueue {
 public:
  void add(std::uint64_t dueNs, std::uint32_t slot) { due_.emplace(dueNs, slot); }

  std::uint64_t nextDueNs() const noexcept {
    return due_.empty() ? std::numeric_limits<std::uint64_t>::max() : due_.top().first;
  }

  // Only while nextDueNs() has come.
  std::uint32_t take() {
    const std::uint32_t slot = due_.top().second;
    due_.pop();
    return slot;
  }

 private:
  using Due = std::pair<std::uint64_t, std::uint32_t>;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
};

}  // namespace fb
