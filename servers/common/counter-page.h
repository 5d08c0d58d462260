// What each process of a server did, in shared memory that others can read while it is blocked or busy.
//
// Layout, little-endian (harness/core/counter-page.ts reads it):
//   0  magic "FBCOUNT2"    8  u32 slot count    12  u32 offset of the slots, a multiple of 128
//  16  u32 respawns       64  u32 pid of each slot's process
//  then the slots, 128 bytes each, of which nine u64 are used. Slot 0 is the only process or the parent, the others are its workers.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace fb {

// Has one writer, hence a plain load and store instead of a locked addition.
class Counter {
 public:
  void add(std::uint64_t amount = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Cache lines of its own, so that counting in one process slows down no other. Those that every request counts in are
// in the first.
struct alignas(128) CounterSlot {
  Counter accepted;
  Counter answered;  // success responses handed to the kernel whole
  Counter bytesSent;
  Counter noticesSent;
  Counter noticesReceived;
  Counter emptyAccepts;  // accepts that found nothing
  Counter eagains;       // reads, writes and notices that would have blocked
  Counter errors;        // requests, and connections without one, that ended in any other way
  Counter reuses;        // requests that began on a connection that had brought one before

  std::uint64_t unfinished() const noexcept {
    return accepted.get() + reuses.get() - answered.get() - errors.get();
  }
};
static_assert(sizeof(CounterSlot) == 128);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

class CounterPage {
 public:
  // In `file`, which is created or overwritten; in anonymous shared memory if it is empty.
  CounterPage(const std::string& file, std::uint32_t slotCount);
  ~CounterPage();
  CounterPage(const CounterPage&) = delete;
  CounterPage& operator=(const CounterPage&) = delete;

  CounterSlot& slot(std::uint32_t index) noexcept;
  void setPid(std::uint32_t index, pid_t pid) noexcept;
  void countRespawn() noexcept;

 private:
  std::byte* memory_ = nullptr;
  std::size_t bytes_ = 0;
  std::size_t slotOffset_ = 0;
};

}  // namespace fb
