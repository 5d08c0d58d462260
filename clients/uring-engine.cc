#include "clients/uring-engine.h"

#include "clients/uring-load.h"

namespace fb {

Needs UringEngine::needs(const LoadPlan& plan) const {
  // The kernel holds the table of direct descriptors to the limit of open files.
  return {.descriptors = plan.connections, .localPorts = plan.connections};
}

std::optional<Measurement> UringEngine::run(const LoadPlan& plan, const WindowLog& log, const SignalFd& stop) {
  return UringLoad(plan, log, stop).run();
}

}  // namespace fb
