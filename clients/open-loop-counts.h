// What became of the requests that an open loop had planned.
#pragma once

#include <cstdint>

#include "clients/histogram.h"

namespace fb {

struct OpenLoopCounts {
  // Planned within the window, whenever they ended. Nothing starts after the window.
  std::uint64_t planned = 0;
  std::uint64_t started = 0;
  std::uint64_t waited = 0;  // started, but no connection was free when their time came
  std::uint64_t unstarted = 0;

  // Planned before the window, while the load warmed up.
  std::uint64_t plannedBefore = 0;
  std::uint64_t carriedOver = 0;      // of these, not started when the window began
  std::uint64_t unstartedBefore = 0;  // of these, nor when it ended

  std::uint64_t oldestUnstartedNs = 0;  // age at the end of the window, of whatever had not been started

  Histogram scheduleError;  // of those that found a free connection: from the planned start to the actual one
  Histogram wait;           // of those that waited: from the planned start until a connection was free
};

}  // namespace fb
