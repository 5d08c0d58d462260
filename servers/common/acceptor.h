// Takes connections off a listening socket in batches, and goes on when descriptors run out.
#pragma once

#include <cstdint>

#include "native/fd.h"
#include "servers/common/counter-page.h"
#include "servers/common/http-connections.h"
#include "servers/common/spare-descriptor.h"

namespace fb {

class Acceptor {
 public:
  // `listener` is non-blocking. A batch is the most accepts in one go.
  Acceptor(const Fd& listener, std::uint32_t batch, HttpConnections& connections, CounterSlot& counters);

  // Accepts until the queue is empty or so many batches are full.
  void acceptSome(std::uint64_t batches = 1);

 private:
  bool turnAwayOne();
  void turnAway(int client) noexcept;

  const Fd& listener_;
  const std::uint32_t batch_;
  HttpConnections& connections_;
  CounterSlot& counters_;
  SpareDescriptor& spare_ = SpareDescriptor::ofProcess();
  bool warnedOfShortage_ = false;
};

}  // namespace fb
