// The interface behind which the ways of making load sit.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clients/load-plan.h"
#include "clients/measurement.h"
#include "clients/obstacle.h"

namespace fb {

class SignalFd;
class WindowLog;

// What must be free on this machine for a plan to be carried out.
struct Needs {
  std::uint64_t descriptors = 0;  // in one process
  std::uint64_t processes = 0;
  std::uint64_t localPorts = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;

  // Why it can't be used on this machine; nothing when it can.
  virtual std::optional<Obstacle> obstacle() const { return std::nullopt; }

  virtual Needs needs(const LoadPlan& plan) const = 0;

  // Carries out the plan; nothing when `stop` ended it early. FatalError when the machine refuses what it needs.
  virtual std::optional<Measurement> run(const LoadPlan& plan, const WindowLog& log, const SignalFd& stop) = 0;
};

// Names of the engines, the cheapest first.
std::vector<std::string> engineNames();

// `name` is one of engineNames().
std::unique_ptr<Engine> makeEngine(const std::string& name);

// The name of the cheapest engine that can be used on this machine.
std::string cheapestEngine();

}  // namespace fb
