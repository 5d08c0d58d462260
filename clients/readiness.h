// Waits for a server to answer.
#pragma once

#include <cstdint>

#include "clients/load-plan.h"
#include "native/signal-fd.h"

namespace fb {

// Sends one request at a time until one is answered with status 200. The exit code: 0; 1 after one line with the
// last reason when the time is up; 130 when `stop` ended it.
int waitUntilReady(const LoadPlan& plan, std::uint64_t waitNs, const SignalFd& stop);

}  // namespace fb
