// One thread, io_uring with direct descriptors, HTTP/1.1 with `Connection: close`.
#pragma once

#include "clients/engine.h"

namespace fb {

class UringEngine : public Engine {
 public:
  std::optional<Obstacle> obstacle() const override;
  Needs needs(const LoadPlan& plan) const override;
  std::optional<Measurement> run(const LoadPlan& plan, const WindowLog& log, const SignalFd& stop) override;
};

}  // namespace fb
