// Checks, before any load is made, that the machine has room for it.
#pragma once

#include "clients/engine.h"

namespace fb {

// Raises the soft limit of open files where that helps. UsageError that names the limit and its remedy when a plan
// with so many connections can't be carried out here.
void checkRoomFor(const Needs& needs, unsigned connections);

}  // namespace fb
