// Kernel settings that are held for the harness, and are as they were before when the holder ends.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "hosts/common/frames.h"

namespace fb {

class HeldSettings {
 public:
  HeldSettings() = default;
  HeldSettings(const HeldSettings&) = delete;
  HeldSettings& operator=(const HeldSettings&) = delete;
  ~HeldSettings() { restoreAll(); }

  // From now on just these are held, by their paths below /proc/sys. Those that were refused.
  std::vector<std::string> hold(const std::map<std::string, std::string>& wanted);
  void restoreAll() noexcept;

 private:
  std::map<std::string, std::string> before_;
};

}  // namespace fb
