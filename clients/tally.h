// What became of the requests.
#pragma once

#include <array>
#include <cstdint>

#include "clients/failure.h"

namespace fb {

enum class WindowPart : std::uint8_t { outside, firstHalf, secondHalf };

struct Outcomes {
  std::uint64_t succeeded = 0;
  std::array<std::uint64_t, failureCount> failed{};

  std::uint64_t all() const noexcept {
    std::uint64_t sum = succeeded;
    for (const std::uint64_t count : failed) sum += count;
    return sum;
  }

  Outcomes& operator+=(const Outcomes& other) noexcept {
    succeeded += other.succeeded;
    for (std::size_t i = 0; i < failureCount; ++i) failed[i] += other.failed[i];
    return *this;
  }
};

// Counts of one client, or summed up of all. It has one writer, and is read when that one has ended.
struct Tally {
  std::uint64_t started = 0;
  std::uint64_t connected = 0;
  std::uint64_t reused = 0;        // succeeded on a connection that had brought another response
  std::uint64_t windowReused = 0;  // of these, ended within the window
  std::uint64_t reconnects = 0;    // requests sent again, since the server had closed such a connection
  Outcomes total;   // whole life: warm-up and drain included
  Outcomes window;  // ended within the window
  std::uint64_t windowBytes = 0;
  std::uint64_t firstHalfSucceeded = 0;
  int firstOtherError = 0;  // errno behind the first Failure::other

  void addSuccess(WindowPart part, std::uint64_t bytes) noexcept {
    ++total.succeeded;
    if (part == WindowPart::outside) return;
    ++window.succeeded;
    windowBytes += bytes;
    if (part == WindowPart::firstHalf) ++firstHalfSucceeded;
  }

  void addReuse(WindowPart part) noexcept {
    ++reused;
    if (part != WindowPart::outside) ++windowReused;
  }

  // `error`: the errno that it comes from, if any.
  void addFailure(WindowPart part, Failure failure, int error = 0) noexcept {
    if (failure == Failure::other && firstOtherError == 0) firstOtherError = error;
    ++total.failed[indexOf(failure)];
    if (part != WindowPart::outside) ++window.failed[indexOf(failure)];
  }

  // Started, and neither answered nor failed.
  std::uint64_t unanswered() const noexcept { return started - total.all(); }

  Tally& operator+=(const Tally& other) noexcept {
    started += other.started;
    connected += other.connected;
    reused += other.reused;
    windowReused += other.windowReused;
    reconnects += other.reconnects;
    total += other.total;
    window += other.window;
    windowBytes += other.windowBytes;
    firstHalfSucceeded += other.firstHalfSucceeded;
    if (firstOtherError == 0) firstOtherError = other.firstOtherError;
    return *this;
  }
};

}  // namespace fb
