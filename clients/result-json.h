// The result as one line of JSON.
#pragma once

#include <string>

#include "clients/load-plan.h"
#include "clients/measurement.h"

namespace fb {

// FatalError when the counts contradict each other: such a result must not be believed.
std::string resultJson(const std::string& engine, const LoadPlan& plan, const Measurement& measurement);

}  // namespace fb
