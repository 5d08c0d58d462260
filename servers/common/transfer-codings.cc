#include "servers/common/transfer-codings.h"

#include <string_view>

#include "servers/common/byte-class.h"

namespace fb {
namespace {

constexpr std::string_view chunked = "chunked";

}  // namespace

bool TransferCodings::take(char byte) noexcept {
  switch (state_) {
    case State::betweenCodings:  // empty elements of a list count for nothing
      if (byte == ',' || isBlank(byte)) return true;
      state_ = State::name;
      matched_ = 0;
      isChunked_ = true;
      hasParameters_ = false;
      [[fallthrough]];
    case State::name:
      if (is(tokenBytes, byte)) {
        isChunked_ = isChunked_ && matched_ < chunked.size() && toLower(byte) == chunked[matched_];
        if (isChunked_) ++matched_;
        return true;
      }
      if (matched_ == 0 && isChunked_) return false;  // no name at all
      state_ = State::afterName;
      [[fallthrough]];
    case State::afterName:
      if (isBlank(byte)) return true;
      if (byte == ',') return endCoding();
      state_ = State::parameters;
      hasParameters_ = true;
      return byte == ';';
    case State::parameters:
      if (byte == ',') return endCoding();
      if (byte == '"') state_ = State::quoted;
      return is(tokenBytes, byte) || isBlank(byte) || byte == '=' || byte == ';' || byte == '"';
    case State::quoted:
      if (byte == '"') state_ = State::parameters;
      if (byte == '\\') state_ = State::quotedPair;
      return true;
    case State::quotedPair:
      state_ = State::quoted;
      return true;
  }
  return false;
}

bool TransferCodings::endField() noexcept {
  if (state_ == State::betweenCodings) return true;
  return state_ < State::quoted && endCoding();
}

// Chunked twice, or with parameters that it does not have, is an error of the sender.
bool TransferCodings::endCoding() noexcept {
  state_ = State::betweenCodings;
  chunkedIsLast_ = isChunked_ && matched_ == chunked.size();
  if (!chunkedIsLast_) {
    hasOthers_ = true;
    return true;
  }
  const bool isFaulty = hasChunked_ || hasParameters_;
  hasChunked_ = true;
  return !isFaulty;
}

}  // namespace fb
