// One run of the io_uring engine: a request is one chain of linked submissions, and only the end of its handshake and
// of its response come back.
//
// What is left to save is in the kernel's TCP. Under perf, with 50 connections on one core, connecting is a third of
// the time, closing a fifth, and making the socket and sending are a seventh each; io_uring itself is a tenth, and this
// program a fiftieth. To wait for more completions than one at a time saves nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "clients/connection-use.h"
#include "clients/end-wait.h"
#include "clients/load-plan.h"
#include "clients/measurement.h"
#include "clients/read-pace.h"
#include "clients/request-loop.h"
#include "clients/response-checker.h"
#include "clients/ring.h"
#include "native/clock.h"
#include "native/signal-fd.h"

namespace fb {

class UringLoad {
 public:
  // So many submissions reach the kernel at once, and then so many sockets at most that have been replaced and are
  // not closed yet.
  static constexpr unsigned submissions = 1024;
  static constexpr unsigned mostReplaced = submissions / 4;

  UringLoad(const LoadPlan& plan, const WindowLog& log, const SignalFd& stop);

  // Nothing when it was told to stop.
  std::optional<Measurement> run();

 private:
  // What a submission asks for; its completion says so.
  enum class Step : std::uint8_t { socket, option, connect, pause, send, awaitEnd, receive, close, cancel, stop };

  // One of the connections that the loop keeps busy. Its place in the table of direct descriptors is its
  // index; after as many requests as the plan says there is a new socket there.
  struct Slot {
    std::uint32_t generation = 0;  // of its request: tells completions of an older one
    bool awaitsEnd = false;        // it is received when its end is there, not as it arrives
    bool isOpen = false;           // from the request before
    std::uint32_t sent = 0;
    std::uint64_t carried = 0;     // requests on its socket so far
    ResponseChecker response;
  };

  void startDue();
  void submitNow() {
    ring_.submit();
    now_ = monotonicNs();
  }
  void begin(std::uint32_t index);
  void connect(std::uint32_t index);
  void send(std::uint32_t index);
  void setOption(std::uint32_t index, int level, int name, const void* value, std::uint32_t size);
  void pause(std::uint32_t index, __kernel_timespec& time);
  void receive(std::uint32_t index, unsigned flags);
  void close(std::uint32_t index);
  void handle(const io_uring_cqe& completion);
  void onConnected(std::uint32_t index, int result);
  void onSent(std::uint32_t index, int result);
  void onAwaited(std::uint32_t index, int result);
  void onReceived(std::uint32_t index, int result, bool moreToRead);
  void lose(std::uint32_t index, int error);
  void checkResponse(std::uint32_t index);
  void fail(std::uint32_t index, Failure failure, int error = 0);
  void readLateOnes();

  std::uint64_t tagOf(Step step, std::uint32_t index) const noexcept;
  void tag(io_uring_sqe* submission, Step step, std::uint32_t index, unsigned flags) const noexcept;
  char* bufferOf(std::uint32_t index) noexcept { return buffers_.get() + index * bufferStride_; }

  const LoadPlan& plan_;
  const ConnectionUse use_;
  const ReadPace pace_;
  const std::uint32_t portRange_;
  __kernel_timespec sendDelay_;
  __kernel_timespec readInterval_;
  std::vector<Slot> slots_;
  const std::size_t bufferBytes_;
  const std::size_t bufferStride_;
  std::unique_ptr<char[]> buffers_;
  Ring ring_;  // after all that it writes to
  RequestLoop loop_;
  EndWait endWait_;
  std::uint64_t now_ = 0;
  std::uint64_t nextLateCheckNs_ = 0;
  bool stopped_ = false;
};

}  // namespace fb
