#include "servers/common/chunked-body.h"

#include <algorithm>
#include <limits>

#include "servers/common/byte-class.h"
#include "servers/common/request-limits.h"

namespace fb {

const char* ChunkedBody::take(const char* at, const char* end) noexcept {
  while (at != end && status_ == Status::incomplete) {
    if (state_ != State::data) {
      onByte(*at++);
      continue;
    }
    const auto taken = std::min<std::uint64_t>(size_, static_cast<std::uint64_t>(end - at));
    at += taken;
    size_ -= taken;
    if (size_ == 0) state_ = State::dataEnd;
  }
  return at;
}

// Lines end with CR LF and nothing less: two opinions on where a chunk ends are how requests are smuggled.
void ChunkedBody::onByte(char byte) noexcept {
  switch (state_) {
    case State::sizeStart:
    case State::size:
      return onSizeByte(byte);
    case State::blank:
      if (byte == ';')
        state_ = State::extension;
      else if (!isBlank(byte))
        return reject();
      return ignore();
    case State::extension:
      if (byte == '\r')
        state_ = State::sizeEnd;
      else if (!is(valueBytes, byte))
        return reject();
      return ignore();
    case State::sizeEnd:
      if (byte != '\n') return reject();
      if (size_ == 0) status_ = Status::lastChunkRead;
      state_ = State::data;
      return;
    case State::dataEnd:
      if (byte != '\r') return reject();
      state_ = State::dataLineFeed;
      return;
    default:  // dataLineFeed
      if (byte != '\n') return reject();
      state_ = State::sizeStart;
  }
}

void ChunkedBody::onSizeByte(char byte) noexcept {
  const int digit = hexDigit(byte);
  const bool isFirst = state_ == State::sizeStart;
  if (digit >= 0) {
    if (size_ > std::numeric_limits<std::uint64_t>::max() >> 4) return reject();
    if (size_ == 0 && !isFirst) ignore();
    size_ = size_ << 4 | static_cast<std::uint64_t>(digit);
    state_ = State::size;
  } else if (isFirst) {
    reject();
  } else if (byte == '\r') {
    state_ = State::sizeEnd;
  } else {
    state_ = State::blank;
    onByte(byte);
  }
}

void ChunkedBody::ignore() noexcept {
  if (++ignoredBytes_ > maxIgnoredChunkBytes) reject();
}

}  // namespace fb
