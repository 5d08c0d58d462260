#include "servers/common/connection-options.h"

#include <string_view>

#include "servers/common/byte-class.h"

namespace fb {
namespace {

constexpr std::string_view close = "close";

}  // namespace

void ConnectionOptions::take(char byte) noexcept {
  if (byte == ',' || isBlank(byte)) return endField();
  differs_ = differs_ || matched_ == close.size() || toLower(byte) != close[matched_];
  if (!differs_) ++matched_;
}

void ConnectionOptions::endField() noexcept {
  hasClose_ = hasClose_ || (!differs_ && matched_ == close.size());
  matched_ = 0;
  differs_ = false;
}

}  // namespace fb
