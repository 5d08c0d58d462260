#include "clients/uring-engine.h"

#include <algorithm>

#include "clients/uring-load.h"
#include "clients/uring-support.h"

namespace fb {

std::optional<Obstacle> UringEngine::obstacle() const { return uringObstacle(); }

Needs UringEngine::needs(const LoadPlan& plan) const {
  // The kernel holds the table of direct descriptors to the limit of open files.
  constexpr std::uint64_t others = 16;  // standard streams, the ring, signals, and what was inherited
  return {.descriptors = std::max<std::uint64_t>(plan.connections, others), .localPorts = plan.connections + std::min(plan.connections, UringLoad::mostReplaced)};
}

std::optional<Measurement> UringEngine::run(const LoadPlan& plan, const WindowLog& log, const SignalFd& stop) {
  return UringLoad(plan, log, stop).run();
}

}  // namespace fb
