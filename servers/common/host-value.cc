#include "servers/common/host-value.h"

#include "servers/common/byte-class.h"

namespace fb {
namespace {

constexpr ByteClass nameBytes = alphanumericAnd("-._~!$&'()*+,;=");

}  // namespace

bool HostValue::take(char byte) noexcept {
  switch (state_) {
    case State::name:
      return onNameByte(byte);
    case State::escape:
    case State::escapeEnd:
      state_ = state_ == State::escape ? State::escapeEnd : State::name;
      return hexDigit(byte) >= 0;
    case State::literalStart:
      state_ = toLower(byte) == 'v' ? State::futureVersion : State::address;
      return state_ == State::futureVersion || onAddressByte(byte);
    case State::address:
      return onAddressByte(byte);
    case State::futureVersion:
      if (byte == '.' && digits_ > 0) {
        state_ = State::futureAddress;
        digits_ = 0;
        return true;
      }
      digits_ = 1;
      return hexDigit(byte) >= 0;
    case State::futureAddress:
      if (byte == ']' && digits_ > 0) {
        state_ = State::afterLiteral;
        return true;
      }
      digits_ = 1;
      return byte == ':' || is(nameBytes, byte);
    case State::afterLiteral:
      state_ = State::port;
      return byte == ':';
    case State::port:
      return isDigit(byte);
  }
  return false;
}

bool HostValue::onNameByte(char byte) noexcept {
  if (byte == ':') {
    state_ = State::port;
    return true;
  }
  if (byte == '[') {
    const bool isFirst = !hasHost_;
    state_ = State::literalStart;
    hasHost_ = true;
    return isFirst;
  }
  hasHost_ = true;
  if (byte == '%') {
    state_ = State::escape;
    return true;
  }
  return is(nameBytes, byte);
}

bool HostValue::onAddressByte(char byte) noexcept {
  const int digit = hexDigit(byte);
  if (digit >= 0) return onAddressDigit(digit);
  if (byte == ':') return onAddressColon();
  if (byte == '.') {
    if (!isOctet() || octets_ == 3) return false;
    ++octets_;
    digits_ = 0;
    decimal_ = 0;
    return true;
  }
  state_ = State::afterLiteral;
  return byte == ']' && isAddress();
}

bool HostValue::onAddressDigit(int value) noexcept {
  const bool startsWithOneColon = colons_ == 1 && groups_ == 0;
  if (digits_ == 4 || groups_ == 8 || startsWithOneColon) return false;
  isDecimal_ = (digits_ == 0 || isDecimal_) && value < 10;
  decimal_ = static_cast<std::uint16_t>(decimal_ * 10 + value);
  ++digits_;
  colons_ = 0;
  return true;
}

bool HostValue::onAddressColon() noexcept {
  if (octets_ > 0 || colons_ == 2 || (colons_ == 1 && isElided_)) return false;
  if (digits_ > 0)
    ++groups_;
  else if (colons_ == 1)
    isElided_ = true;
  digits_ = 0;
  decimal_ = 0;
  ++colons_;
  return true;
}

// 0 to 255 without leading zeros.
bool HostValue::isOctet() const noexcept {
  constexpr std::uint16_t smallest[] = {0, 0, 10, 100};
  return isDecimal_ && digits_ > 0 && digits_ <= 3 && decimal_ >= smallest[digits_] && decimal_ <= 255;
}

bool HostValue::isAddress() const noexcept {
  if (octets_ > 0 && (octets_ != 3 || !isOctet())) return false;
  if (digits_ == 0 && colons_ != 2) return false;
  const int groups = groups_ + (octets_ > 0 ? 2 : digits_ > 0 ? 1 : 0);
  return isElided_ ? groups <= 7 : groups == 8;
}

}  // namespace fb
