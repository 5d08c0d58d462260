// The command line of the generator.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "clients/load-plan.h"

namespace fb {

struct Options {
  std::string engine;
  LoadPlan plan;
  std::optional<std::uint64_t> waitReadyNs;  // only wait for the server, make no load
};

// Nothing when --help was asked for, and printed. UsageError for what can't be used.
std::optional<Options> parseOptions(int argc, char** argv);

}  // namespace fb
