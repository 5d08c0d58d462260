// Load that starts at one moment with that of other machines.
#pragma once

#include <cstdint>

#include "native/signal-fd.h"

namespace fb {

// Waits for a moment of CLOCK_REALTIME, then says on stdout when it really was, by both clocks. False when `stop` came
// first. FatalError when the moment has passed already: others have started then.
bool waitForStart(std::uint64_t realtimeUs, const SignalFd& stop);

}  // namespace fb
