// The transfer codings that a request names, over all of its Transfer-Encoding fields (RFC 9112, 6.1 and 7).
#pragma once

#include <cstdint>

namespace fb {

class TransferCodings {
 public:
  // One byte of a field's value. False when the value is no list of codings.
  bool take(char byte) noexcept;

  // After each field.
  bool endField() noexcept;

  // Only then is it known where the body ends.
  bool chunkedIsLast() const noexcept { return chunkedIsLast_; }

  bool hasOthers() const noexcept { return hasOthers_; }

 private:
  enum class State : std::uint8_t { betweenCodings, name, afterName, parameters, quoted, quotedPair };

  bool endCoding() noexcept;

  State state_ = State::betweenCodings;
  std::uint8_t matched_ = 0;  // how much of "chunked" the name is so far
  bool isChunked_ = false;    // the name may still be it
  bool hasParameters_ = false;
  bool chunkedIsLast_ = false;
  bool hasChunked_ = false;
  bool hasOthers_ = false;
};

}  // namespace fb
