#include "hosts/common/settings.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <optional>

#include "native/fd.h"

namespace fb {
namespace {

std::optional<std::string> valueAt(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

// In one write, as the kernel takes it.
bool set(const std::string& path, const std::string& value) noexcept {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

}  // namespace

std::vector<std::string> HeldSettings::hold(const std::map<std::string, std::string>& wanted) {
  std::erase_if(before_, [&wanted](const auto& held) {
    return !wanted.contains(held.first) && set(held.first, held.second);
  });
  std::vector<std::string> refused;
  for (const auto& [path, value] : wanted) {
    const auto before = valueAt(path);
    if (!before || !set(path, value))
      refused.push_back(path);
    else
      before_.try_emplace(path, *before);
  }
  return refused;
}

void HeldSettings::restoreAll() noexcept {
  for (const auto& [path, value] : before_) set(path, value);
  before_.clear();
}

}  // namespace fb
