// Incremental check of a request's target (RFC 9112, 3.2). It keeps no bytes.
#pragma once

#include <cstdint>

#include "servers/common/host-value.h"

namespace fb {

class RequestTarget {
 public:
  // What GET and HEAD take: a path or an absolute http or https URI. `anyForm` takes whatever is visible, for
  // methods that are refused later anyway.
  explicit RequestTarget(bool anyForm = false) noexcept : state_(anyForm ? State::anyStart : State::start) {}

  // False when nothing that starts like this can be a target.
  bool take(char byte) noexcept;

  // Whether it is one if it ends here.
  bool isWhole() const noexcept {
    return state_ == State::rest || state_ == State::anyRest || (state_ == State::authority && hasAuthority());
  }

  // It asks for a resource of a server that speaks TLS.
  bool isSecure() const noexcept { return isSecure_; }

 private:
  enum class State : std::uint8_t {
    start,
    anyStart,
    anyRest,
    scheme,
    schemeSlash,
    schemeSlashes,
    authority,
    rest,
    escape,
    escapeEnd
  };

  bool onSchemeByte(char byte) noexcept;
  bool hasAuthority() const noexcept { return host_.isWhole() && host_.hasHost(); }

  HostValue host_;
  State state_;
  std::uint8_t schemeBytes_ = 0;
  bool isSecure_ = false;
};

}  // namespace fb
