// Why something can't be used on this machine, and what to do about it.
#pragma once

#include <string>

namespace fb {

struct Obstacle {
  std::string reason;
  std::string remedy;
};

}  // namespace fb
