// The options that a request names in its Connection fields (RFC 9110, 7.6.1), of which "close" is the one that matters.
#pragma once

#include <cstdint>

namespace fb {

class ConnectionOptions {
 public:
  // One byte of a field's value. What is no list of tokens asks for nothing, unless "close" stands in it by itself.
  void take(char byte) noexcept;

  // After each field.
  void endField() noexcept;

  bool hasClose() const noexcept { return hasClose_; }

 private:
  std::uint8_t matched_ = 0;  // how much of "close" the option is so far
  bool differs_ = false;
  bool hasClose_ = false;
};

}  // namespace fb
