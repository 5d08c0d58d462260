// The ways in which a request can fail.
#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fb {

enum class Failure : std::uint8_t {
  connectRefused,
  connectTimedOut,
  reset,
  closedEarly,  // the stream ended before a whole response
  badStatus,
  wrongLength,
  malformed,
  noLocalPort,
  other,
};

// Names as the result prints them, in the order of the enumerators.
inline constexpr std::array<std::string_view, 9> failureNames{
    "connectRefused", "connectTimedOut", "reset",       "closedEarly", "badStatus",
    "wrongLength",    "malformed",       "noLocalPort", "other"};

inline constexpr std::size_t failureCount = failureNames.size();

constexpr std::size_t indexOf(Failure failure) noexcept { return static_cast<std::size_t>(failure); }

// What a failed socket call means. `connected`: whether the handshake had been done.
constexpr Failure failureFrom(int error, bool connected) noexcept {
  switch (error) {
    case ECONNRESET:
    case EPIPE:
      return Failure::reset;
    case ECONNREFUSED:
      return Failure::connectRefused;
    case ETIMEDOUT:
      return connected ? Failure::other : Failure::connectTimedOut;
    case EADDRNOTAVAIL:
      return Failure::noLocalPort;
    default:
      return Failure::other;
  }
}

// How long a client waits before its next request. These failures come back at once, and thousands of clients that
// spin on them would leave the machine no time for anything else.
constexpr std::uint64_t pauseAfterNs(Failure failure) noexcept {
  switch (failure) {
    case Failure::connectRefused:
      return 100'000'000;
    case Failure::noLocalPort:
    case Failure::other:
      return 10'000'000;
    default:
      return 0;
  }
}

}  // namespace fb
