// Whether the end of a response is awaited before anything of it is read. The data of a small one need not wake
// anybody: its end does, and one recv then gets it all.
#pragma once

#include <cstdint>

#include "clients/load-plan.h"

namespace fb {

class EndWait {
 public:
  // How long an end is awaited before the data is read, and how often that is checked.
  static constexpr std::uint64_t lateNs = 500'000'000;
  static constexpr std::uint64_t checkNs = 250'000'000;

  // It fits any receive window, so its end comes without anyone reading.
  static constexpr std::uint64_t smallResponse = 16 * 1024;

  explicit EndWait(const LoadPlan& plan) noexcept
      : endIsFar_(plan.close != Close::server || plan.readRate != 0) {
    if (plan.expectedBytes != 0) learn(plan.expectedBytes);
  }

  // The next response is known to be small.
  bool isWorthwhile() const noexcept { return knowsSize_ && !endIsFar_; }

  // A response had so many bytes.
  void learn(std::uint64_t bytes) noexcept {
    knowsSize_ = true;
    if (bytes > smallResponse) endIsFar_ = true;
  }

  // A response has no end before somebody reads it.
  void giveUp() noexcept { endIsFar_ = true; }

 private:
  bool knowsSize_ = false;
  bool endIsFar_;  // for good
};

}  // namespace fb
