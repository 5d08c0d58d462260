// One whole line on stdout, not held back by any buffer.
#pragma once

#include <string>

namespace fb {

// FatalError when it can't be written to its end.
void writeStdoutLine(std::string text);

}  // namespace fb
