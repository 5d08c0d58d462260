#include "servers/common/spare-descriptor.h"

#include <fcntl.h>

namespace fb {

SpareDescriptor& SpareDescriptor::ofProcess() {
  static SpareDescriptor spare;
  return spare;
}

bool SpareDescriptor::isThere() noexcept {
  // Not locked as long as there is no shortage: every connection asks.
  if (isThere_) return true;
  const std::scoped_lock lock(mutex_);
  take();
  return isThere_;
}

void SpareDescriptor::take() noexcept {
  if (!spare_) spare_.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  isThere_ = spare_.isOpen();
}

}  // namespace fb
