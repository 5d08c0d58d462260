#include "servers/common/request-parser.h"

#include <algorithm>

#include "servers/common/byte-class.h"
#include "servers/common/request-limits.h"

namespace fb {
namespace {

// Beyond this a length is a number all right, but no body that anyone will send.
constexpr std::uint64_t largestContentLength = 1'000'000'000'000'000;

}  // namespace

std::size_t RequestParser::feed(std::string_view bytes) noexcept {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at != end && isIncomplete()) {
    if (state_ == State::body)
      at = takeBody(at, end);
    else if (state_ == State::chunks)
      at = takeChunks(at, end);
    else
      at = takeHead(at, end);
  }
  return static_cast<std::size_t>(at - bytes.data());
}

const char* RequestParser::takeHead(const char* at, const char* end) noexcept {
  const char* const begin = at;
  const char* const limit = at + std::min<std::ptrdiff_t>(end - at, maxHeadBytes - headBytes_);
  while (at != limit && isIncomplete() && state_ < State::body) {
    if (state_ == State::value && field_ == Field::other) {
      at = std::find_if_not(at, limit, [](char byte) { return is(valueBytes, byte); });
      if (at == limit) break;
    }
    const char byte = *at++;
    if (state_ <= State::requestLineEnd)
      onRequestLineByte(byte);
    else
      onFieldByte(byte);
  }
  headBytes_ = static_cast<std::uint16_t>(headBytes_ + (at - begin));
  const bool goesOn = isIncomplete() && state_ < State::body;
  if (goesOn && headBytes_ == maxHeadBytes) reject(state_ == State::target ? 414 : 431);
  return at;
}

const char* RequestParser::takeBody(const char* at, const char* end) noexcept {
  const auto taken = std::min<std::uint64_t>(contentLength_, static_cast<std::uint64_t>(end - at));
  contentLength_ -= taken;
  if (contentLength_ == 0) status_ = Status::complete;
  return at + taken;
}

const char* RequestParser::takeChunks(const char* at, const char* end) noexcept {
  at = chunks_.take(at, end);
  if (chunks_.status() == ChunkedBody::Status::malformed) reject(400);
  if (chunks_.status() == ChunkedBody::Status::lastChunkRead) {
    inTrailers_ = true;
    headBytes_ = 0;
    state_ = State::fieldStart;
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
      if (!is(tokenBytes, byte)) return reject(400);
      return remember(byte);
    case State::target:
      if (byte == ' ' && target_.isWhole())
        state_ = State::version;
      else if (!target_.take(byte))
        reject(400);
      return;
    case State::version:
      return onVersionByte(byte);
    default:  // requestLineEnd
      if (byte != '\n') return reject(400);
      state_ = State::fieldStart;
  }
}

// Method names are case-sensitive, field names are not.
void RequestParser::endMethod() noexcept {
  if (position_ == 0) return reject(400);
  if (remembered() == "GET") method_ = Method::get;
  if (remembered() == "HEAD") method_ = Method::head;
  target_ = RequestTarget(method_ == Method::other);
  position_ = 0;
  state_ = State::target;
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
      } else if (is(tokenBytes, byte)) {  // a blank here would be a folded line, which servers must refuse
        state_ = State::fieldName;
        position_ = 0;
        remember(toLower(byte));
      } else {
        reject(400);
      }
      return;
    case State::fieldName:
      if (byte == ':') return endFieldName();
      if (!is(tokenBytes, byte)) return reject(400);
      return remember(toLower(byte));
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

void RequestParser::endFieldName() noexcept {
  const std::string_view name = inTrailers_ ? std::string_view() : remembered();
  field_ = name == "host"                ? Field::host
           : name == "content-length"    ? Field::contentLength
           : name == "transfer-encoding" ? Field::transferEncoding
           : name == "expect"            ? Field::expect
           : name == "if-match"          ? Field::ifMatch
           : name == "if-none-match"     ? Field::ifNoneMatch
           : name == "connection"        ? Field::connection
                                         : Field::other;
  const bool repeated = (field_ == Field::host && hasHost_) ||
                        (field_ == Field::contentLength && hasContentLength_);
  if (repeated) return reject(400);
  valueStarted_ = valueEnded_ = valueIsStar_ = false;
  state_ = State::valueStart;
}

void RequestParser::onValueByte(char byte) noexcept {
  if (byte == '\r') {
    state_ = State::fieldEnd;
    return;
  }
  if (byte == '\n') return endField();
  if (!is(valueBytes, byte) || !takeFieldContent(byte)) return reject(400);
}

bool RequestParser::takeFieldContent(char byte) noexcept {
  if (field_ == Field::other) return true;
  if (field_ == Field::transferEncoding) return codings_.take(byte);
  if (field_ == Field::connection) {
    options_.take(byte);
    return true;
  }
  if (isBlank(byte)) {
    valueEnded_ = true;
    return true;
  }
  valueIsStar_ = byte == '*' && !valueStarted_;
  valueStarted_ = true;
  if (field_ == Field::host) return !valueEnded_ && host_.take(byte);
  if (field_ != Field::contentLength) return true;
  if (valueEnded_ || !isDigit(byte)) return false;
  const std::uint64_t length = contentLength_ * 10 + static_cast<std::uint64_t>(byte - '0');
  contentLength_ = std::min(length, largestContentLength + 1);
  return true;
}

void RequestParser::endField() noexcept {
  state_ = State::fieldStart;
  switch (field_) {
    case Field::other:
      return;
    case Field::host:
      hasHost_ = true;
      if (!host_.isWhole()) reject(400);
      return;
    case Field::contentLength:
      hasContentLength_ = true;
      if (!valueStarted_) reject(400);
      return;
    case Field::transferEncoding:
      hasTransferEncoding_ = true;
      if (!codings_.endField()) reject(400);
      return;
    case Field::expect:
      hasExpect_ = true;
      return;
    case Field::ifMatch:
      matchFails_ = matchFails_ || !valueIsStar_;
      return;
    case Field::ifNoneMatch:
      noneMatchFails_ = noneMatchFails_ || valueIsStar_;
      return;
    case Field::connection:
      options_.endField();
      return;
  }
}

void RequestParser::endHead() noexcept {
  const unsigned fault = inTrailers_ ? 0 : faultOfHead();
  if (fault != 0)
    reject(fault);
  else if (inTrailers_ || !hasBody())
    status_ = Status::complete;
  else
    state_ = hasTransferEncoding_ ? State::chunks : State::body;
}

// The status code to refuse the request with once its head is known, or 0.
unsigned RequestParser::faultOfHead() const noexcept {
  if (minorVersion_ >= 1 && !hasHost_) return 400;
  // With both, or in HTTP/1.0, where the body ends is a matter of opinion, which is how requests are smuggled.
  if (hasTransferEncoding_ && (hasContentLength_ || minorVersion_ == 0)) return 400;
  if (hasTransferEncoding_ && !codings_.chunkedIsLast()) return 400;
  if (method_ == Method::other || codings_.hasOthers()) return 501;
  if (contentLength_ > largestContentLength) return 413;
  if (target_.isSecure()) return 421;
  // Who expects something must have an answer before the body; a server with one answer a connection can't say
  // "continue". Clients then send the request again without asking.
  if (hasExpect_ && minorVersion_ >= 1 && hasBody()) return 417;
  // There is one representation, and it has no entity tag.
  if (matchFails_) return 412;
  return noneMatchFails_ ? 304 : 0;
}

bool RequestParser::hasBody() const noexcept { return hasTransferEncoding_ || contentLength_ > 0; }

void RequestParser::remember(char byte) noexcept {
  if (position_ < token_.size()) token_[position_++] = byte;
}

// A name that fills the array is longer than any that matters, and equals none of them.
std::string_view RequestParser::remembered() const noexcept { return {token_.data(), position_}; }

void RequestParser::reject(unsigned code) noexcept {
  status_ = Status::rejected;
  rejection_ = static_cast<std::uint16_t>(code);
}

}  // namespace fb
