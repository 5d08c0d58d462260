// How many more processes this one may start.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace fb {

struct Shortage {
  std::string problem;
  std::string remedy;
};

// The first limit that stands in the way of `wanted` more processes: the user's, the machine's or a cgroup's.
std::optional<Shortage> shortageOfProcesses(std::uint64_t wanted);

}  // namespace fb
