// Small files of /proc and /sys.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fb {

// Its lines; none when there is no such file.
std::vector<std::string> linesOf(const std::string& path);

// The numbers on its first line, up to the first word that is none.
std::vector<std::uint64_t> numbersIn(const std::string& path);

}  // namespace fb
