// Whether this kernel lets this process use what the io_uring engine is made of.
#pragma once

#include <optional>

#include "clients/obstacle.h"

namespace fb {

// Nothing when it does. It is tried out: versions and settings alone don't tell what a container allows.
std::optional<Obstacle> uringObstacle();

// What it means that a ring could not be set up.
Obstacle uringObstacleFrom(int error);

}  // namespace fb
