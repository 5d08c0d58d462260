#include "servers/common/request-target.h"

#include <string_view>

#include "servers/common/byte-class.h"

namespace fb {
namespace {

// Of a path and a query (RFC 3986, 3.3 and 3.4), apart from the percent sign. A question mark ends the path, and may
// stand in the query: for the grammar it makes no difference.
constexpr ByteClass pathAndQueryBytes = alphanumericAnd("-._~!$&'()*+,;=:@/?");

}  // namespace

bool RequestTarget::take(char byte) noexcept {
  if (!is(visibleBytes, byte)) return false;
  switch (state_) {
    case State::start:
      state_ = byte == '/' ? State::rest : State::scheme;
      return byte == '/' || onSchemeByte(byte);
    case State::anyStart:
    case State::anyRest:
      state_ = State::anyRest;
      return true;
    case State::scheme:
      return onSchemeByte(byte);
    case State::schemeSlash:
      state_ = State::schemeSlashes;
      return byte == '/';
    case State::schemeSlashes:
      state_ = State::authority;
      return byte == '/';
    case State::authority:
      if (byte != '/' && byte != '?') return host_.take(byte);
      state_ = State::rest;
      return hasAuthority();
    case State::rest:
      if (byte == '%') state_ = State::escape;
      return byte == '%' || is(pathAndQueryBytes, byte);
    case State::escape:
    case State::escapeEnd:
      state_ = state_ == State::escape ? State::escapeEnd : State::rest;
      return hexDigit(byte) >= 0;
  }
  return false;
}

bool RequestTarget::onSchemeByte(char byte) noexcept {
  constexpr std::string_view secure = "https";
  constexpr std::string_view plain = secure.substr(0, 4);
  if (byte == ':' && schemeBytes_ >= plain.size()) {
    isSecure_ = schemeBytes_ == secure.size();
    state_ = State::schemeSlash;
    return true;
  }
  return schemeBytes_ < secure.size() && toLower(byte) == secure[schemeBytes_++];
}

}  // namespace fb
