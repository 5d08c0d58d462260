// A descriptor that is kept in reserve: given up, it makes room to take a connection that must be turned away.
#pragma once

#include <atomic>
#include <mutex>

#include "native/fd.h"

namespace fb {

// One for the process, as its descriptors are. If each thread had its own, another one could use the room that it left
// and keep a connection in it: the thread that lost it could then neither take a connection nor leave it in the queue.
class SpareDescriptor {
 public:
  static SpareDescriptor& ofProcess();

  // Whether it is there, or could be had again. Who has used its room must give that back while this is false.
  bool isThere() noexcept;

  // Calls `useRoom` while the spare is given up; afterwards it is there again if nobody else has taken its room.
  template <typename UseRoom>
  void makeRoom(UseRoom useRoom) noexcept {
    const std::scoped_lock lock(mutex_);
    isThere_ = false;
    spare_.reset();
    useRoom();
    take();
  }

 private:
  void take() noexcept;

  std::mutex mutex_;
  std::atomic<bool> isThere_ = false;
  Fd spare_;
};

}  // namespace fb
