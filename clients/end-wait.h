// Whether the end of a response is awaited before anything of it is read. The data of a small one need not wake
// anybody: its end does, and one recv then gets it all.
#pragma once

#include <algorithm>
#include <cstdint>

#include "clients/load-plan.h"

namespace fb {

class EndWait {
 public:
  // How often to look for ends that are late.
  static constexpr std::uint64_t checkNs = 250'000'000;

  // It fits any receive window, so its end comes without anyone reading.
  static constexpr std::uint64_t smallResponse = 16 * 1024;

  explicit EndWait(const LoadPlan& plan) noexcept
      : endIsFar_(plan.close != Close::server || plan.readRate != 0) {
    if (plan.expectedBytes != 0) learn(plan.expectedBytes, 0);
  }

  // The next response is known to be small.
  bool isWorthwhile() const noexcept { return knowsSize_ && !endIsFar_; }

  // A response had so many bytes, and was there so long after the handshake.
  void learn(std::uint64_t bytes, std::uint64_t afterNs) noexcept {
    knowsSize_ = true;
    usualNs_ += (static_cast<std::int64_t>(afterNs) - usualNs_) / 16;
    if (bytes > smallResponse) endIsFar_ = true;
  }

  // How long an end is awaited before the data is looked at. Where thousands wait for a server that is busy, to take
  // a second is usual, and looking after all of them would cost more than the requests.
  std::uint64_t lateNs() const noexcept {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(500'000'000, 4 * usualNs_));
  }

  // A response has no end before somebody reads it.
  void giveUp() noexcept { endIsFar_ = true; }

 private:
  std::int64_t usualNs_ = 0;
  bool knowsSize_ = false;
  bool endIsFar_;  // for good
};

}  // namespace fb
