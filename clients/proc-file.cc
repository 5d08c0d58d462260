#include "clients/proc-file.h"

#include <fstream>

namespace fb {

std::vector<std::string> linesOf(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::vector<std::uint64_t> numbersIn(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t number; file >> number;) numbers.push_back(number);
  return numbers;
}

}  // namespace fb
