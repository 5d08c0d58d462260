// Which requests a connection carries, and what that means for their responses. Of each it matters how many the
// connection has carried with it.
#pragma once

#include <cstdint>
#include <string>

#include "clients/load-plan.h"
#include "clients/request-text.h"
#include "clients/response-checker.h"

namespace fb {

class ConnectionUse {
 public:
  explicit ConnectionUse(const LoadPlan& plan)
      : most_(plan.requestsPerConnection),
        close_(plan.close),
        last_(plainRequest(plan)),
        followed_(followedRequest(plan)) {}

  bool isLast(std::uint64_t carried) const noexcept { return carried == most_; }

  const std::string& request(std::uint64_t carried) const noexcept { return isLast(carried) ? last_ : followed_; }

  // Another request may follow this response.
  bool goesOn(std::uint64_t carried, const ResponseChecker& response) const noexcept {
    return !isLast(carried) && response.isWhole() && !response.endsConnection();
  }

  // Nothing that is still to come matters, not even the end of the stream.
  bool hasAll(std::uint64_t carried, const ResponseChecker& response) const noexcept {
    return goesOn(carried, response) || (close_ != Close::server && response.isWhole());
  }

  // The connection is lost, and with it no more than a server may do between two requests: then the request is sent
  // again, as a GET may be (RFC 9110, 9.2.2). Once, since it then is the first of its connection.
  static bool wasLeft(std::uint64_t carried, const ResponseChecker& response) noexcept {
    return carried > 1 && response.bytes() == 0;
  }

 private:
  const std::uint32_t most_;
  const Close close_;
  const std::string last_;
  const std::string followed_;
};

}  // namespace fb
