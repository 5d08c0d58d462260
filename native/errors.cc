#include "native/errors.h"

#include <cstring>

namespace fb {

std::string errnoText(int error) {
  const char* description = ::strerrordesc_np(error);
  const char* name = ::strerrorname_np(error);
  if (description == nullptr || name == nullptr) return "error " + std::to_string(error);
  return std::string(description) + " (" + name + ")";
}

UsageError badFlag(std::string_view flag, std::string_view value, std::string_view problem,
                   std::string_view remedy) {
  std::string line(flag);
  if (value.empty()) value = "''";
  return UsageError(line.append(" ").append(value).append(": ").append(problem).append("; ").append(remedy));
}

FatalError systemError(std::string_view what, int error, std::string_view remedy) {
  std::string line(what);
  line.append(": ").append(errnoText(error));
  if (!remedy.empty()) line.append("; ").append(remedy);
  return FatalError(line);
}

}  // namespace fb
