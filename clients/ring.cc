#include "clients/ring.h"

#include <cerrno>

#include "native/errors.h"

namespace fb {

Ring::~Ring() {
  if (!isOpen_) return;
  io_uring_sync_cancel_reg everything{};
  everything.flags = IORING_ASYNC_CANCEL_ANY;
  everything.timeout.tv_sec = 1;
  io_uring_register_sync_cancel(&ring_, &everything);
  // Closes them now; the end of the ring would leave that to a kernel thread.
  io_uring_unregister_files(&ring_);
  io_uring_queue_exit(&ring_);
}

int Ring::open(unsigned submissions, unsigned completions, unsigned files) noexcept {
  io_uring_params parameters{};
  // A queue of completions that is larger than the kernel allows is made smaller: what does not fit is kept elsewhere.
  // Completions are worked off when this thread asks for them, all at once, and never interrupt it in between.
  parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
  parameters.cq_entries = completions;
  if (const int result = io_uring_queue_init_params(submissions, &ring_, &parameters); result < 0) return -result;
  isOpen_ = true;
  if (const int result = io_uring_register_files_sparse(&ring_, files); result < 0) return -result;
  io_uring_register_ring_fd(&ring_);  // saves a look-up a call; without it everything works, too
  return 0;
}

int Ring::updateFiles(const int* descriptors, unsigned count) noexcept {
  const int result = io_uring_register_files_update(&ring_, 0, descriptors, count);
  return result < 0 ? -result : 0;
}

void Ring::reserve(unsigned submissions) {
  while (io_uring_sq_space_left(&ring_) < submissions) submit();
}

void Ring::submit() {
  const int result = io_uring_submit(&ring_);
  if (result < 0 && result != -EINTR) throw systemError("io_uring_enter", -result);
}

void Ring::submitAndWait(std::uint64_t timeoutNs) {
  __kernel_timespec timeout{static_cast<long long>(timeoutNs / 1'000'000'000),
                            static_cast<long long>(timeoutNs % 1'000'000'000)};
  io_uring_cqe* first = nullptr;
  const int result = io_uring_submit_and_wait_timeout(&ring_, &first, 1, &timeout, nullptr);
  if (result < 0 && result != -ETIME && result != -EINTR) throw systemError("io_uring_enter", -result);
}

}  // namespace fb
