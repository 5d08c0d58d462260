// Which connection of an open loop starts which planned request, and what became of the plan. A request whose time has
// come takes the connection that has been free for longest; where none is free it waits, first come, first served.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <queue>
#include <vector>

#include "clients/arrivals.h"
#include "clients/load-plan.h"
#include "clients/measured-window.h"
#include "clients/open-loop-counts.h"

namespace fb {

class OpenLoop {
 public:
  // All connections are free, and the arrivals start now.
  OpenLoop(const LoadPlan& plan, std::uint64_t startNs);

  // A connection became free then, no earlier than those before it.
  void release(std::uint32_t index, std::uint64_t freeNs) {
    freeNs_[index] = freeNs;
    free_.push(index);
  }

  // A request's time has come, and there is a connection for it.
  bool canStart(std::uint64_t now) const noexcept { return !free_.empty() && arrivals_.nextNs() <= now; }

  // The same, and the connection is the one that became free last, since it is the only one.
  bool startsWithTheLast(std::uint64_t now) const noexcept { return free_.size() == 1 && canStart(now); }

  // When canStart() will be true, unless a connection becomes free before.
  std::uint64_t nextStartNs() const noexcept {
    return free_.empty() ? std::numeric_limits<std::uint64_t>::max() : arrivals_.nextNs();
  }

  // The connection that starts next; only while canStart().
  std::uint32_t takeFree() {
    const std::uint32_t index = free_.front();
    free_.pop();
    return index;
  }

  // The connection, taken before, starts the next request at `now`. Returns when that was to start.
  std::uint64_t start(std::uint32_t index, std::uint64_t now, const MeasuredWindow& window) noexcept;

  // Counts what is left of the plan. Once, when the window is over.
  std::shared_ptr<const OpenLoopCounts> finish(const MeasuredWindow& window);

 private:
  Arrivals arrivals_;
  std::queue<std::uint32_t> free_;
  std::vector<std::uint64_t> freeNs_;  // of each connection: since when
  std::shared_ptr<OpenLoopCounts> counts_ = std::make_shared<OpenLoopCounts>();
};

}  // namespace fb
