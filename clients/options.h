// The command line of the generator.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "clients/load-plan.h"

namespace fb {

inline constexpr const char* autoEngine = "auto";

struct Options {
  std::string engine;       // autoEngine: the cheapest that can be used here
  LoadPlan plan;
  std::optional<std::uint64_t> waitReadyNs;  // only wait for the server, make no load
  std::optional<std::uint64_t> startAtUs;    // of CLOCK_REALTIME; nothing: at once
  std::string engineToCheck;                 // only say whether it can be used; empty: don't
};

// Nothing when --help was asked for, and printed. UsageError for what can't be used.
std::optional<Options> parseOptions(int argc, char** argv);

}  // namespace fb
