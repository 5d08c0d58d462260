// One blocking process per client: the model of webbench 1.5.
#pragma once

#include "clients/engine.h"

namespace fb {

class ProcessEngine : public Engine {
 public:
  Needs needs(const LoadPlan& plan) const override;
  std::optional<Measurement> run(const LoadPlan& plan, const WindowLog& log, const SignalFd& stop) override;
};

}  // namespace fb
