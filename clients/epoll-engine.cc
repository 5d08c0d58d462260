#include "clients/epoll-engine.h"

#include "clients/epoll-load.h"

namespace fb {

Needs EpollEngine::needs(const LoadPlan& plan) const {
  constexpr std::uint64_t others = 16;  // standard streams, epoll, signals, and what was inherited
  return {.descriptors = plan.connections + others, .localPorts = plan.connections};
}

std::optional<Measurement> EpollEngine::run(const LoadPlan& plan, const WindowLog& log, const SignalFd& stop) {
  return EpollLoad(plan, log, stop).run();
}

}  // namespace fb
