// What an engine has measured.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "native/cpu-time.h"
#include "clients/histogram.h"
#include "clients/open-loop-counts.h"
#include "clients/tally.h"

namespace fb {

struct Measurement {
  Tally tally;
  std::shared_ptr<const Timings> timings;
  double warmupMs = 0;
  std::optional<bool> settled;  // the rate was steady when the warm-up ended; nothing: its length was fixed
  double windowMs = 0;
  double firstHalfMs = 0;
  std::optional<double> startMs;  // from the first client process's start until the last one ran; nothing: no processes
  CpuTime cpu;                    // of all the generator's processes, within the window

  // In flight when the window ended and still unanswered after the drain: time since they were to start.
  std::vector<std::uint64_t> stalledAgesNs;
  std::uint64_t stalledConnecting = 0;  // of these, without a handshake

  std::shared_ptr<const OpenLoopCounts> openLoop;  // of an open loop only

  std::uint64_t lostClients = 0;  // client processes that something else killed
};

}  // namespace fb
