#include "servers/common/request-parser.h"

#include <algorithm>

namespace fb {
namespace {

using ByteClass = std::array<bool, 256>;

constexpr bool isDigit(char byte) noexcept { return byte >= '0' && byte <= '9'; }
constexpr bool isAlpha(char byte) noexcept {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}
constexpr bool isBlank(char byte) noexcept { return byte == ' ' || byte == '\t'; }

constexpr ByteClass alphanumericAnd(std::string_view others) noexcept {
  ByteClass members{};
  for (int byte = 0; byte < 128; ++byte)
    members[byte] = isAlpha(static_cast<char>(byte)) || isDigit(static_cast<char>(byte));
  for (const char byte : others) members[static_cast<unsigned char>(byte)] = true;
  return members;
}

constexpr ByteClass range(int first, int last) noexcept {
  ByteClass members{};
  for (int byte = first; byte <= last; ++byte) members[byte] = true;
  return members;
}

constexpr ByteClass fieldValueBytes() noexcept {
  ByteClass members = range(0x20, 0xff);
  members[0x7f] = false;
  members['\t'] = true;
  return members;
}

constexpr ByteClass tokens = alphanumericAnd("!#$%&'*+-.^_`|~");
constexpr ByteClass hosts = alphanumericAnd("-._~%!$&'()*+,;=:[]");
constexpr ByteClass schemes = alphanumericAnd("+-.");
constexpr ByteClass visible = range(0x21, 0x7e);
constexpr ByteClass values = fieldValueBytes();

constexpr bool is(const ByteClass& members, char byte) noexcept {
  return members[static_cast<unsigned char>(byte)];
}

// Beyond this a length is a number all right, but no body that anyone will send.
constexpr std::uint64_t largestContentLength = 1'000'000'000'000'000;

}  // namespace

std::size_t RequestParser::feed(std::string_view bytes) noexcept {
  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size();
  const char* at = begin;

  if (status_ == Status::incomplete && state_ != State::body) {
    const char* const limit = begin + std::min<std::size_t>(bytes.size(), maxHeadBytes - headBytes_);
    at = parseHead(begin, limit);
    headBytes_ += static_cast<std::uint32_t>(at - begin);
    const bool headGoesOn = status_ == Status::incomplete && state_ != State::body;
    if (headGoesOn && headBytes_ == maxHeadBytes) reject(state_ == State::target ? 414 : 431);
  }
  if (status_ == Status::incomplete && state_ == State::body) {
    const auto taken = std::min<std::uint64_t>(contentLength_, static_cast<std::uint64_t>(end - at));
    contentLength_ -= taken;
    at += taken;
    if (contentLength_ == 0) status_ = Status::complete;
  }
  return static_cast<std::size_t>(at - begin);
}

const char* RequestParser::parseHead(const char* at, const char* end) noexcept {
  while (at != end && status_ == Status::incomplete && state_ != State::body) {
    if (state_ == State::value && field_ == Field::other) {
      at = std::find_if_not(at, end, [](char byte) { return is(values, byte); });
      if (at == end) break;
    }
    const char byte = *at++;
    if (state_ <= State::requestLineEnd)
      onRequestLineByte(byte);
    else
      onFieldByte(byte);
  }
  return at;
}

void RequestParser::onRequestLineByte(char byte) noexcept {
  switch (state_) {
    case State::beforeRequestLine:  // empty lines here are left over from careless clients; RFC 9112, 2.2
      if (byte == '\r') {
        state_ = State::emptyLineEnd;
      } else if (byte != '\n') {
        state_ = State::method;
        onRequestLineByte(byte);
      }
      return;
    case State::emptyLineEnd:
      if (byte != '\n') return reject(400);
      state_ = State::beforeRequestLine;
      return;
    case State::method:
      if (byte == ' ') return endMethod();
      if (!is(tokens, byte)) return reject(400);
      return remember(byte);
    case State::target:
      return onTargetByte(byte);
    case State::version:
      return onVersionByte(byte);
    default:  // requestLineEnd
      if (byte != '\n') return reject(400);
      state_ = State::fieldStart;
  }
}

void RequestParser::endMethod() noexcept {
  if (position_ == 0) return reject(400);
  if (remembered() == "GET") method_ = Method::get;
  if (remembered() == "HEAD") method_ = Method::head;
  state_ = State::target;
}

// A path or an absolute URI; what other forms mean is known only to methods that are refused later anyway.
void RequestParser::onTargetByte(char byte) noexcept {
  if (byte == ' ') {
    const bool usable = targetForm_ == TargetForm::origin || targetForm_ == TargetForm::absolute ||
                        (method_ == Method::other && targetForm_ != TargetForm::unknown);
    if (!usable) return reject(400);
    state_ = State::version;
    position_ = 0;
    return;
  }
  if (!is(visible, byte)) return reject(400);
  switch (targetForm_) {
    case TargetForm::unknown:
      targetForm_ = byte == '/'     ? TargetForm::origin
                    : isAlpha(byte) ? TargetForm::scheme
                                    : TargetForm::other;
      return;
    case TargetForm::scheme:
      if (byte == ':')
        targetForm_ = TargetForm::schemeSlash;
      else if (!is(schemes, byte))
        targetForm_ = TargetForm::other;
      return;
    case TargetForm::schemeSlash:
      targetForm_ = byte == '/' ? TargetForm::schemeSlashes : TargetForm::other;
      return;
    case TargetForm::schemeSlashes:
      targetForm_ = byte == '/' ? TargetForm::absolute : TargetForm::other;
      return;
    default:
      return;
  }
}

void RequestParser::onVersionByte(char byte) noexcept {
  constexpr std::string_view pattern = "HTTP/x.x";
  if (position_ < pattern.size()) {
    const char expected = pattern[position_];
    const bool matches = expected == 'x' ? isDigit(byte) : byte == expected;
    if (!matches) return reject(400);
    // Told at once: what follows "HTTP/2" need not look like HTTP/1.
    if (position_ == 5 && byte != '1') return reject(505);
    if (position_ == 7) minorVersion_ = static_cast<std::uint8_t>(byte - '0');
    ++position_;
    return;
  }
  if (byte == '\r')
    state_ = State::requestLineEnd;
  else if (byte == '\n')
    state_ = State::fieldStart;
  else
    reject(400);
}

void RequestParser::onFieldByte(char byte) noexcept {
  switch (state_) {
    case State::fieldStart:
      if (byte == '\r') {
        state_ = State::headEnd;
      } else if (byte == '\n') {
        endHead();
      } else if (is(tokens, byte)) {  // a blank here would be a folded line, which servers must refuse
        beginField();
        remember(byte);
      } else {
        reject(400);
      }
      return;
    case State::fieldName:
      if (byte == ':') return endFieldName();
      if (!is(tokens, byte)) return reject(400);
      return remember(byte);
    case State::valueStart:
      if (isBlank(byte)) return;
      state_ = State::value;
      return onValueByte(byte);
    case State::value:
      return onValueByte(byte);
    case State::fieldEnd:
      if (byte != '\n') return reject(400);
      return endField();
    default:  // headEnd
      if (byte != '\n') return reject(400);
      endHead();
  }
}

void RequestParser::beginField() noexcept {
  state_ = State::fieldName;
  position_ = 0;
}

void RequestParser::endFieldName() noexcept {
  const std::string_view name = remembered();
  field_ = name == "host"                ? Field::host
           : name == "content-length"    ? Field::contentLength
           : name == "transfer-encoding" ? Field::transferEncoding
                                         : Field::other;
  const bool repeated = (field_ == Field::host && hasHost_) ||
                        (field_ == Field::contentLength && hasContentLength_);
  if (repeated) return reject(400);
  valueStarted_ = valueEnded_ = false;
  state_ = State::valueStart;
}

void RequestParser::onValueByte(char byte) noexcept {
  if (byte == '\r') {
    state_ = State::fieldEnd;
    return;
  }
  if (byte == '\n') return endField();
  if (!is(values, byte)) return reject(400);
  if (field_ == Field::other || field_ == Field::transferEncoding) return;
  if (isBlank(byte)) {
    valueEnded_ = true;
    return;
  }
  if (valueEnded_) return reject(400);
  valueStarted_ = true;
  if (field_ == Field::host)
    onHostByte(byte);
  else
    onContentLengthByte(byte);
}

void RequestParser::onHostByte(char byte) noexcept {
  if (!is(hosts, byte)) reject(400);
}

void RequestParser::onContentLengthByte(char byte) noexcept {
  if (!isDigit(byte)) return reject(400);
  contentLength_ = contentLength_ * 10 + static_cast<std::uint64_t>(byte - '0');
  if (contentLength_ > largestContentLength) reject(413);
}

void RequestParser::endField() noexcept {
  if (field_ == Field::host) hasHost_ = true;
  if (field_ == Field::transferEncoding) hasTransferEncoding_ = true;
  if (field_ == Field::contentLength) {
    if (!valueStarted_) return reject(400);
    hasContentLength_ = true;
  }
  state_ = State::fieldStart;
}

void RequestParser::endHead() noexcept {
  if (minorVersion_ >= 1 && !hasHost_) return reject(400);
  // With both, or in HTTP/1.0, where the body ends is a matter of opinion, which is how requests are smuggled.
  if (hasTransferEncoding_ && (hasContentLength_ || minorVersion_ == 0)) return reject(400);
  if (hasTransferEncoding_ || method_ == Method::other) return reject(501);
  state_ = State::body;
}

// Method names are case-sensitive, field names are not.
void RequestParser::remember(char byte) noexcept {
  const bool lower = state_ == State::fieldName && byte >= 'A' && byte <= 'Z';
  if (position_ < token_.size()) token_[position_++] = lower ? static_cast<char>(byte | 0x20) : byte;
}

// A name that fills the array is longer than any that matters, and equals none of them.
std::string_view RequestParser::remembered() const noexcept { return {token_.data(), position_}; }

void RequestParser::reject(unsigned code) noexcept {
  status_ = Status::rejected;
  rejection_ = static_cast<std::uint16_t>(code);
}

}  // namespace fb
