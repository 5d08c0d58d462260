#include "servers/common/request-target.h"

#include <string_view>

#include "servers/common/byte-class.h"

namespace fb {

bool RequestTarget::take(char byte) noexcept {
  if (!is(visibleBytes, byte)) return false;
  switch (state_) {
    case State::start:
      state_ = byte == '/' ? State::rest : State::scheme;
      return byte == '/' || onSchemeByte(byte);
    case State::anyStart:
      state_ = State::rest;
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
      return true;
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
