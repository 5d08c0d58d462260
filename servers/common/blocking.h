// Whether a call on a descriptor waits for what it needs.
#pragma once

namespace fb {

enum class Blocking { yes, no };

}  // namespace fb
