// Names of system calls, as the headers of the machine that this was built on have them.
#pragma once

#include <string>

namespace fb {

// "syscall 999" for one that is younger than those headers.
std::string syscallName(long number);

}  // namespace fb
