// The bytes of the requests.
#pragma once

#include <string>

#include "clients/load-plan.h"

namespace fb {

// HTTP/1.1, asking the server to close unless the client does.
std::string plainRequest(const LoadPlan& plan);

// The same for one that others are to follow on its connection.
std::string followedRequest(const LoadPlan& plan);

// Byte for byte what webbench 1.5 sends by default: HTTP/1.0, and a Host without the port.
std::string webbenchRequest(const LoadPlan& plan);

}  // namespace fb
