// The bookkeeping of an engine that runs in one thread: when each connection may start a request, and what became of
// the requests. The engine moves the bytes. In a closed loop a connection starts its next request when the last one has
// ended, in an open loop when there is one to start.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "clients/load-plan.h"
#include "clients/measured-window.h"
#include "clients/measurement.h"
#include "clients/due-queue.h"
#include "clients/open-loop.h"
#include "native/clock.h"

namespace fb {

class RequestLoop {
 public:
  // The ramp, or the plan of the open loop, starts now.
  RequestLoop(const LoadPlan& plan, const WindowLog& log) : RequestLoop(plan, log, monotonicNs()) {}

  // Passes the boundaries of the window and calls begin(index) for each connection that may start a request. One
  // that fails at once becomes due later than `now`, so this ends.
  template <typename Begin>
  void startDue(std::uint64_t now, Begin begin) {
    passBoundaries(now);
    if (open_) return startPlanned(now, begin);
    while (!window_.isOver() && starts_.nextDueNs() <= now) begin(starts_.take());
  }

  // Nothing more is to be waited for.
  bool isDone(std::uint64_t now) const noexcept;

  bool isOpen() const noexcept { return open_.has_value(); }

  // When startDue() or isDone() will have something new to say, at the latest.
  std::uint64_t nextTimeNs() const noexcept;

  // The connection, which startDue() or succeed() named, starts a request.
  void begin(std::uint32_t index, std::uint64_t now) noexcept;
  void handshakeDone(std::uint32_t index, std::uint64_t now) noexcept;

  // The request that has begun needs no handshake: its connection is open from the one before.
  void reuse(std::uint32_t index) noexcept;

  // The request needs a handshake after all: the connection was closed before anything of the response came.
  void reconnect(std::uint32_t index, std::uint64_t now) noexcept;

  // True when the connection is to start its next request at once.
  bool succeed(std::uint32_t index, std::uint64_t now, std::uint64_t bytes);

  // It becomes due again by itself. `error`: the errno that it comes from, if any.
  void fail(std::uint32_t index, std::uint64_t now, Failure failure, int error = 0);

  bool isInFlight(std::uint32_t index) const noexcept { return requests_[index].isInFlight; }
  bool isConnected(std::uint32_t index) const noexcept { return requests_[index].connectedNs != 0; }

  // How long ago its handshake was done; 0: it is not, or there is no request.
  std::uint64_t waitedNs(std::uint32_t index, std::uint64_t now) const noexcept;

  // Once, when isDone().
  Measurement measurement(std::uint64_t now);

 private:
  RequestLoop(const LoadPlan& plan, const WindowLog& log, std::uint64_t startNs);

  struct Request {
    std::uint64_t dueNs = 0;    // when it was to start; in a closed loop when it started
    std::uint64_t startNs = 0;      // of its connecting
    std::uint64_t connectedNs = 0;  // 0: no handshake yet
    bool isInFlight = false;
    bool isReuse = false;
  };

  void passBoundaries(std::uint64_t now) { window_.pass(now, tally_.total.succeeded); }
  void end(Request& request) noexcept;

  template <typename Begin>
  void startPlanned(std::uint64_t now, Begin begin) {
    releaseRested(now);
    while (!window_.isOver() && open_->canStart(now)) begin(open_->takeFree());
  }
  void releaseRested(std::uint64_t now);

  const std::uint64_t drainNs_;
  std::vector<Request> requests_;
  DueQueue starts_;  // in a closed loop first along the ramp; after a pause in both
  std::optional<OpenLoop> open_;
  MeasuredWindow window_;
  Tally tally_;
  std::shared_ptr<Timings> timings_ = std::make_shared<Timings>();
  std::uint64_t inFlight_ = 0;
};

}  // namespace fb
