#include "servers/common/deadlines.h"

#include "native/clock.h"

namespace fb {

void Deadlines::begin(int fd) {
  if (lengthNs_ == 0) return;
  end(fd);
  const auto index = static_cast<std::size_t>(fd);
  if (index >= byFd_.size()) byFd_.resize(index + 1);
  byFd_[index] = {monotonicNs() + lengthNs_, last_, -1, true};
  (last_ < 0 ? first_ : entry(last_).after) = fd;
  last_ = fd;
}

void Deadlines::end(int fd) noexcept {
  if (static_cast<std::size_t>(fd) >= byFd_.size() || !entry(fd).counts) return;
  const Entry& ended = entry(fd);
  (ended.before < 0 ? first_ : entry(ended.before).after) = ended.after;
  (ended.after < 0 ? last_ : entry(ended.after).before) = ended.before;
  entry(fd).counts = false;
}

int Deadlines::takeOverdue(std::uint64_t nowNs) noexcept {
  const int fd = first_;
  if (fd < 0 || entry(fd).untilNs > nowNs) return -1;
  end(fd);
  return fd;
}

int Deadlines::waitMs(std::uint64_t nowNs) const noexcept {
  if (first_ < 0) return -1;
  const std::uint64_t untilNs = byFd_[static_cast<std::size_t>(first_)].untilNs;
  return untilNs <= nowNs ? 0 : static_cast<int>((untilNs - nowNs) / 1'000'000 + 1);
}

}  // namespace fb
