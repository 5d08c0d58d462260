// An io_uring that one thread uses, with a table of direct descriptors.
#pragma once

#include <liburing.h>

#include <cstdint>

namespace fb {

class Ring {
 public:
  Ring() = default;
  // Cancels what is in flight first, so that nothing is written to memory that its owner frees afterwards.
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // 0, or the errno with which the kernel refused. `files`: slots in the table of direct descriptors.
  [[nodiscard]] int open(unsigned submissions, unsigned completions, unsigned files) noexcept;

  // Puts descriptors at the start of the table, which then owns copies of them. 0, or the errno.
  [[nodiscard]] int updateFiles(const int* descriptors, unsigned count) noexcept;

  // Makes room for a chain of linked submissions, which must reach the kernel together. FatalError when the kernel
  // takes none.
  void reserve(unsigned submissions);

  // A submission out of those that were reserved.
  io_uring_sqe* next() noexcept { return io_uring_get_sqe(&ring_); }

  // Hands over what was submitted. FatalError when the kernel takes none.
  void submit();

  // Hands over what was submitted and waits until something has completed, or for `timeoutNs`. FatalError when the
  // kernel refuses.
  void submitAndWait(std::uint64_t timeoutNs);

  // Calls handle(completion) for all that have completed.
  template <typename Handle>
  void forEachCompletion(Handle handle) {
    io_uring_cqe* completion = nullptr;
    unsigned head = 0, count = 0;
    io_uring_for_each_cqe(&ring_, head, completion) {
      ++count;
      handle(*completion);
    }
    io_uring_cq_advance(&ring_, count);
  }

 private:
  io_uring ring_{};
  bool isOpen_ = false;
};

}  // namespace fb
