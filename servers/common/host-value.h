// Incremental check of a host with an optional port, as a Host field and an absolute target hold it
// (RFC 9110, 7.2; RFC 3986, 3.2.2). It keeps no bytes.
#pragma once

#include <cstdint>

namespace fb {

class HostValue {
 public:
  // False when nothing that starts like this can be valid.
  bool take(char byte) noexcept;

  // Whether it is valid if it ends here. An empty host is.
  bool isWhole() const noexcept {
    return state_ == State::name || state_ == State::afterLiteral || state_ == State::port;
  }

  bool hasHost() const noexcept { return hasHost_; }

 private:
  enum class State : std::uint8_t {
    name,
    escape,
    escapeEnd,
    literalStart,
    address,
    futureVersion,
    futureAddress,
    afterLiteral,
    port,
  };

  bool onNameByte(char byte) noexcept;
  bool onAddressByte(char byte) noexcept;
  bool onAddressDigit(int value) noexcept;
  bool onAddressColon() noexcept;
  bool isOctet() const noexcept;
  bool isAddress() const noexcept;

  // Of an IPv6 address: what was seen before the group of digits that is being read, and that group.
  std::uint16_t decimal_ = 0;
  std::uint8_t digits_ = 0;
  std::uint8_t groups_ = 0;
  std::uint8_t octets_ = 0;  // of the IPv4 address that may be its end
  std::uint8_t colons_ = 0;  // in a row, right before
  bool isDecimal_ = true;
  bool isElided_ = false;  // "::" was seen

  State state_ = State::name;
  bool hasHost_ = false;
};

}  // namespace fb
