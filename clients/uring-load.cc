#include "clients/uring-load.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "clients/local-ports.h"
#include "clients/uring-support.h"
#include "native/clock.h"
#include "native/errors.h"

namespace fb {
namespace {

// The most that one request submits at once. Room for all of it is reserved before the first, since a chain ends where
// a submission does.
constexpr unsigned longestChain = 8;
// Of a fixed rate: starts that are due and told to the kernel in one call.
constexpr unsigned startsAtOnce = 4;

// Memory for receiving, in all.
constexpr std::size_t buffersBytes = 64 << 20;

constexpr unsigned quiet = IOSQE_CQE_SKIP_SUCCESS;

constexpr std::uint32_t generationMask = 0xffffff;

// SOCKET_URING_OP_SETSOCKOPT of <linux/io_uring.h>, which may be older than the kernel.
constexpr std::uint64_t setSocketOption = 3;

// IP_LOCAL_PORT_RANGE of <linux/in.h>.
constexpr int localPortRange = 51;

const linger resetAtClose{1, 0};

__kernel_timespec timespecFrom(std::uint64_t ns) noexcept {
  return {static_cast<long long>(ns / 1'000'000'000), static_cast<long long>(ns % 1'000'000'000)};
}

}  // namespace

UringLoad::UringLoad(const LoadPlan& plan, const WindowLog& log, const SignalFd& stop)
    : plan_(plan),
      use_(plan),
      pace_(plan.readRate),
      portRange_(portRangeFor(plan.connections)),
      sendDelay_(timespecFrom(plan.sendDelayNs)),
      readInterval_(timespecFrom(pace_.intervalNs)),
      slots_(plan.connections),
      bufferBytes_(pace_.intervalNs > 0 ? pace_.chunkBytes
                                        : std::clamp<std::size_t>(buffersBytes / plan.connections, 1024, 65536)),
      // Not a power of two, or the buffers would all compete for the same lines of the cache.
      bufferStride_(bufferBytes_ + 192),
      buffers_(std::make_unique_for_overwrite<char[]>(bufferStride_ * plan.connections)),
      loop_(plan, log),
      endWait_(plan) {
  if (const int error = ring_.open(submissions, 4 * plan.connections + submissions, plan.connections); error != 0) {
    const Obstacle obstacle = uringObstacleFrom(error);
    throw FatalError(obstacle.reason + "; " + obstacle.remedy);
  }
  ring_.reserve(1);
  io_uring_sqe* const stopped = ring_.next();
  io_uring_prep_poll_add(stopped, stop.fd(), POLLIN);
  tag(stopped, Step::stop, 0, 0);
}

std::optional<Measurement> UringLoad::run() {
  now_ = monotonicNs();
  while (true) {
    startDue();
    if (loop_.isDone(now_)) return loop_.measurement(now_);
    readLateOnes();
    const std::uint64_t next = std::min(nextLateCheckNs_, loop_.nextTimeNs());
    ring_.submitAndWait(next > now_ ? next - now_ : 0);
    // One look at the clock for all that has completed: before this moment nobody could know of it. What they are
    // followed by starts at the same moment, so the time that it takes to deal with them is part of a request too.
    now_ = monotonicNs();
    ring_.forEachCompletion([this](const io_uring_cqe& completion) { handle(completion); });
    if (stopped_) return std::nullopt;
  }
}

void UringLoad::startDue() {
  if (!loop_.isOpen()) return loop_.startDue(now_, [this](std::uint32_t index) { begin(index); });
  // Punctually: dealing with completions has taken time, and so do starts. Where several are due they are late already,
  // and a few at a time cost fewer calls. The timeout of the wait begins after that.
  now_ = monotonicNs();
  loop_.startDue(now_, [this, pending = 0U](std::uint32_t index) mutable {
    begin(index);
    if (++pending % startsAtOnce == 0) submitNow();
  });
  submitNow();
}

std::uint64_t UringLoad::tagOf(Step step, std::uint32_t index) const noexcept {
  const std::uint64_t generation = slots_[index].generation & generationMask;
  return static_cast<std::uint64_t>(step) << 56 | generation << 32 | index;
}

void UringLoad::tag(io_uring_sqe* submission, Step step, std::uint32_t index, unsigned flags) const noexcept {
  submission->user_data = tagOf(step, index);
  submission->flags = static_cast<std::uint8_t>(flags);
}

void UringLoad::begin(std::uint32_t index) {
  Slot& slot = slots_[index];
  ++slot.generation;
  slot.sent = 0;
  slot.response = ResponseChecker();
  loop_.begin(index, now_);
  if (!slot.isOpen) {
    slot.carried = 1;
    return connect(index);
  }
  ++slot.carried;
  loop_.reuse(index);
  ring_.reserve(longestChain);
  send(index);
}

void UringLoad::connect(std::uint32_t index) {
  // A socket that takes the place of another closes that one. It needs no link: submissions start in their order,
  // and this one ends where it starts.
  ring_.reserve(longestChain);
  io_uring_sqe* const socket = ring_.next();
  io_uring_prep_socket_direct(socket, plan_.server.family(), SOCK_STREAM, IPPROTO_TCP, index, 0);
  tag(socket, Step::socket, index, quiet);
  if (portRange_ != 0) setOption(index, IPPROTO_IP, localPortRange, &portRange_, sizeof portRange_);
  if (pace_.intervalNs > 0)
    setOption(index, SOL_SOCKET, SO_RCVBUF, &pace_.receiveBuffer, sizeof pace_.receiveBuffer);
  if (plan_.close == Close::reset) setOption(index, SOL_SOCKET, SO_LINGER, &resetAtClose, sizeof resetAtClose);
  io_uring_sqe* const connect = ring_.next();
  io_uring_prep_connect(connect, static_cast<int>(index), plan_.server.get(), plan_.server.length);
  tag(connect, Step::connect, index, IOSQE_FIXED_FILE | IOSQE_IO_LINK);
  if (plan_.sendDelayNs > 0) pause(index, sendDelay_);
  send(index);
}

void UringLoad::setOption(std::uint32_t index, int level, int name, const void* value, std::uint32_t size) {
  io_uring_sqe* const option = ring_.next();
  io_uring_prep_rw(IORING_OP_URING_CMD, option, static_cast<int>(index), nullptr, 0, setSocketOption);
  option->addr = static_cast<std::uint64_t>(level) | static_cast<std::uint64_t>(name) << 32;
  option->file_index = size;
  option->addr3 = reinterpret_cast<std::uintptr_t>(value);
  tag(option, Step::option, index, IOSQE_FIXED_FILE | quiet);
}

// What follows in the chain starts after `time`.
void UringLoad::pause(std::uint32_t index, __kernel_timespec& time) {
  io_uring_sqe* const pause = ring_.next();
  io_uring_prep_timeout(pause, &time, 0, IORING_TIMEOUT_ETIME_SUCCESS);
  tag(pause, Step::pause, index, IOSQE_IO_LINK | quiet);
}

// Sends what is left of the request, then receives.
void UringLoad::send(std::uint32_t index) {
  Slot& slot = slots_[index];
  io_uring_sqe* const send = ring_.next();
  const std::string& request = use_.request(slot.carried);
  io_uring_prep_send(send, static_cast<int>(index), request.data() + slot.sent, request.size() - slot.sent,
                     MSG_WAITALL | MSG_NOSIGNAL);
  tag(send, Step::send, index, IOSQE_FIXED_FILE | IOSQE_IO_LINK | quiet);
  // A connection that goes on has no end to wait for.
  slot.awaitsEnd = endWait_.isWorthwhile() && use_.isLast(slot.carried);
  if (!slot.awaitsEnd) return receive(index, IORING_RECVSEND_POLL_FIRST);
  io_uring_sqe* const end = ring_.next();
  io_uring_prep_poll_add(end, static_cast<int>(index), POLLRDHUP);
  tag(end, Step::awaitEnd, index, IOSQE_FIXED_FILE | IOSQE_IO_LINK | quiet);
  receive(index, 0);
}

void UringLoad::receive(std::uint32_t index, unsigned flags) {
  if (pace_.intervalNs > 0) pause(index, readInterval_);
  io_uring_sqe* const receive = ring_.next();
  io_uring_prep_recv(receive, static_cast<int>(index), bufferOf(index), bufferBytes_, 0);
  receive->ioprio = static_cast<std::uint16_t>(flags);
  tag(receive, Step::receive, index, IOSQE_FIXED_FILE);
}

void UringLoad::close(std::uint32_t index) {
  slots_[index].isOpen = false;
  ring_.reserve(1);
  io_uring_sqe* const close = ring_.next();
  io_uring_prep_close_direct(close, index);
  tag(close, Step::close, index, quiet);
}

void UringLoad::handle(const io_uring_cqe& completion) {
  const auto step = static_cast<Step>(completion.user_data >> 56);
  const auto index = static_cast<std::uint32_t>(completion.user_data);
  if (step == Step::stop) {
    stopped_ = true;
    return;
  }
  if (completion.user_data != tagOf(step, index) || !loop_.isInFlight(index)) return;
  switch (step) {
    case Step::socket:
    case Step::option:
      return fail(index, Failure::other, -completion.res);
    case Step::connect:
      return onConnected(index, completion.res);
    case Step::send:
      return onSent(index, completion.res);
    case Step::awaitEnd:
      return onAwaited(index, completion.res);
    case Step::receive:
      return onReceived(index, completion.res, (completion.flags & IORING_CQE_F_SOCK_NONEMPTY) != 0);
    default:
      return;
  }
}

void UringLoad::onConnected(std::uint32_t index, int result) {
  if (result == 0) return loop_.handshakeDone(index, now_);
  const Failure failure = failureFrom(-result, false);
  // A refusal is not reported as a reset: here the handshake had been done.
  if (failure == Failure::reset) loop_.handshakeDone(index, now_);
  fail(index, failure, -result);
}

// Only when it has failed, or was cut short, which the kernel does for an error that the next one then tells.
void UringLoad::onSent(std::uint32_t index, int result) {
  if (result == -ECANCELED) return;
  if (result < 0) return lose(index, -result);
  slots_[index].sent += static_cast<std::uint32_t>(result);
  ring_.reserve(longestChain);
  send(index);
}

// Only when it was cancelled, because the end did not come.
void UringLoad::onAwaited(std::uint32_t index, int result) {
  if (result != -ECANCELED || !slots_[index].awaitsEnd) return;
  slots_[index].awaitsEnd = false;
  ring_.reserve(longestChain);
  receive(index, 0);
}

void UringLoad::onReceived(std::uint32_t index, int result, bool moreToRead) {
  if (result == -ECANCELED) return;
  Slot& slot = slots_[index];
  if (result <= 0) return lose(index, -result);
  const auto bytes = static_cast<std::size_t>(result);
  slot.response.feed({bufferOf(index), bytes});
  // With the whole stream in the receive buffer, "more to read" behind a receive that did not fill ours is the end
  // itself, which saves the one that would return 0. After a reset nothing more is said to be there.
  if (slot.awaitsEnd && bytes < bufferBytes_ && moreToRead) return checkResponse(index);
  if (use_.hasAll(slot.carried, slot.response)) return checkResponse(index);
  if (slot.response.bytes() > EndWait::smallResponse) endWait_.giveUp();
  const bool ready = slot.awaitsEnd || moreToRead || bytes == bufferBytes_;
  slot.awaitsEnd = false;
  ring_.reserve(longestChain);
  receive(index, ready ? 0 : IORING_RECVSEND_POLL_FIRST);
}

// By an error, or by the end of the stream, which is 0.
void UringLoad::lose(std::uint32_t index, int error) {
  Slot& slot = slots_[index];
  if (!ConnectionUse::wasLeft(slot.carried, slot.response))
    return error == 0 ? checkResponse(index) : fail(index, failureFrom(error, true), error);
  ++slot.generation;
  slot.sent = 0;
  slot.carried = 1;
  loop_.reconnect(index, now_);
  connect(index);
}

void UringLoad::checkResponse(std::uint32_t index) {
  Slot& slot = slots_[index];
  const ResponseChecker& response = slot.response;
  if (const auto failure = response.verdict(plan_.expectedBytes)) return fail(index, *failure);
  endWait_.learn(response.bytes(), loop_.waitedNs(index, now_));
  slot.isOpen = use_.goesOn(slot.carried, response);
  if (loop_.succeed(index, now_, response.bytes()))
    begin(index);
  else if (!slot.isOpen || !loop_.isOpen())
    close(index);
}

void UringLoad::fail(std::uint32_t index, Failure failure, int error) {
  close(index);
  loop_.fail(index, now_, failure, error);
}

// A response that fills the receive window has no end before somebody reads it.
void UringLoad::readLateOnes() {
  if (now_ < nextLateCheckNs_) return;
  nextLateCheckNs_ = now_ + EndWait::checkNs;
  for (std::uint32_t index = 0; index < slots_.size(); ++index) {
    if (!slots_[index].awaitsEnd || loop_.waitedNs(index, now_) < endWait_.lateNs()) continue;
    ring_.reserve(1);
    io_uring_sqe* const cancel = ring_.next();
    io_uring_prep_cancel64(cancel, tagOf(Step::awaitEnd, index), 0);
    tag(cancel, Step::cancel, index, quiet);
  }
}

}  // namespace fb
