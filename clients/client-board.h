// What the client processes and their parent share: a memory mapping that outlives any of them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "native/cpu-time.h"
#include "clients/histogram.h"
#include "clients/tally.h"

namespace fb {

// Written by one client only, each on cache lines of its own; the parent reads it when that client has ended.
struct alignas(64) ClientRecord {
  Tally tally;
  std::uint64_t requestStartNs = 0;  // of the newest request
  bool requestConnected = false;     // it has its handshake
  bool hasStarted = false;           // its window has begun
  CpuTime cpuAtStart;
  CpuTime cpu;              // within its window
  std::uint64_t endNs = 0;  // 0: it never came to the end of its window
};

class ClientBoard {
 public:
  // FatalError when there is no memory.
  explicit ClientBoard(std::size_t clients);
  ~ClientBoard();
  ClientBoard(const ClientBoard&) = delete;
  ClientBoard& operator=(const ClientBoard&) = delete;

  Timings& timings() noexcept { return head_->timings; }
  ClientRecord& client(std::size_t index) noexcept { return clients_[index]; }

  // When the first client's window starts, 0 until that is known. True for the client that was the first.
  bool claimFirstStart(std::uint64_t startNs) noexcept {
    std::uint64_t none = 0;
    return head_->firstStartNs.compare_exchange_strong(none, startNs);
  }
  // A client says that it runs. The last to say so is known, since all are started before any has ended.
  void noteRunning(std::uint64_t now) noexcept {
    std::uint64_t last = head_->lastRunningNs.load();
    while (last < now && !head_->lastRunningNs.compare_exchange_weak(last, now)) {
    }
  }
  std::uint64_t lastRunningNs() const noexcept { return head_->lastRunningNs.load(); }

  std::uint64_t firstStartNs() const noexcept { return head_->firstStartNs.load(); }

 private:
  struct Head {
    Timings timings;
    std::atomic<std::uint64_t> firstStartNs{0};
    std::atomic<std::uint64_t> lastRunningNs{0};
  };

  std::size_t bytes_;
  void* memory_;
  Head* head_;
  ClientRecord* clients_;
};

}  // namespace fb
