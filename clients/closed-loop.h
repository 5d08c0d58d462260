// The bookkeeping of an engine that runs in one thread: when each connection may start a request, and what became of
// the requests. The engine moves the bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "clients/load-plan.h"
#include "clients/measured-window.h"
#include "clients/measurement.h"
#include "clients/due-queue.h"

namespace fb {

class ClosedLoop {
 public:
  // The ramp starts now.
  ClosedLoop(const LoadPlan& plan, const WindowLog& log);

  // Passes the boundaries of the window and calls begin(index) for each connection that may start a request. One
  // that fails at once becomes due later than `now`, so this ends.
  template <typename Begin>
  void startDue(std::uint64_t now, Begin begin) {
    passBoundaries(now);
    while (!window_.isOver() && starts_.nextDueNs() <= now) begin(starts_.take());
  }

  // Nothing more is to be waited for.
  bool isDone(std::uint64_t now) const noexcept;

  // When startDue() or isDone() will have something new to say, at the latest.
  std::uint64_t nextTimeNs() const noexcept;

  void begin(std::uint32_t index, std::uint64_t now) noexcept;
  void handshakeDone(std::uint32_t index, std::uint64_t now) noexcept;

  // True when the connection is to start its next request at once.
  bool succeed(std::uint32_t index, std::uint64_t now, std::uint64_t bytes);

  // It becomes due again by itself. `error`: the errno that it comes from, if any.
  void fail(std::uint32_t index, std::uint64_t now, Failure failure, int error = 0);

  bool isInFlight(std::uint32_t index) const noexcept { return requests_[index].isInFlight; }
  bool isConnected(std::uint32_t index) const noexcept { return requests_[index].connectedNs != 0; }

  // How long ago its handshake was done; 0: it is not, or there is no request.
  std::uint64_t waitedNs(std::uint32_t index, std::uint64_t now) const noexcept;

  Measurement measurement(std::uint64_t now) const;

 private:
  struct Request {
    std::uint64_t startNs = 0;
    std::uint64_t connectedNs = 0;  // 0: no handshake yet
    bool isInFlight = false;
  };

  void passBoundaries(std::uint64_t now) { window_.pass(now, tally_.total.succeeded); }
  void end(Request& request) noexcept;

  const std::uint64_t drainNs_;
  std::vector<Request> requests_;
  DueQueue starts_;  // first along the ramp, later after a pause
  MeasuredWindow window_;
  Tally tally_;
  std::shared_ptr<Timings> timings_ = std::make_shared<Timings>();
  std::uint64_t inFlight_ = 0;
};

}  // namespace fb
