// Sets of bytes as the grammars of RFC 9110 and RFC 3986 define them.
#pragma once

#include <array>
#include <string_view>

namespace fb {

using ByteClass = std::array<bool, 256>;

constexpr bool is(const ByteClass& members, char byte) noexcept {
  return members[static_cast<unsigned char>(byte)];
}

constexpr bool isDigit(char byte) noexcept { return byte >= '0' && byte <= '9'; }
constexpr bool isAlpha(char byte) noexcept {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}
constexpr bool isBlank(char byte) noexcept { return byte == ' ' || byte == '\t'; }
constexpr char toLower(char byte) noexcept {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte;
}

// The value of a hexadecimal digit, or -1.
constexpr int hexDigit(char byte) noexcept {
  if (isDigit(byte)) return byte - '0';
  const char lower = toLower(byte);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

constexpr ByteClass alphanumericAnd(std::string_view others) noexcept {
  ByteClass members{};
  for (int byte = 0; byte < 128; ++byte)
    members[byte] = isAlpha(static_cast<char>(byte)) || isDigit(static_cast<char>(byte));
  for (const char byte : others) members[static_cast<unsigned char>(byte)] = true;
  return members;
}

constexpr ByteClass byteRange(int first, int last) noexcept {
  ByteClass members{};
  for (int byte = first; byte <= last; ++byte) members[byte] = true;
  return members;
}

constexpr ByteClass fieldValueBytes() noexcept {
  ByteClass members = byteRange(0x20, 0xff);
  members[0x7f] = false;
  members['\t'] = true;
  return members;
}

inline constexpr ByteClass tokenBytes = alphanumericAnd("!#$%&'*+-.^_`|~");
inline constexpr ByteClass visibleBytes = byteRange(0x21, 0x7e);
inline constexpr ByteClass valueBytes = fieldValueBytes();

}  // namespace fb
