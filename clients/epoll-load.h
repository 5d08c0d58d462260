// One run of the epoll engine.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "clients/connection-use.h"
#include "clients/due-queue.h"
#include "clients/end-wait.h"
#include "clients/event-wait.h"
#include "clients/load-plan.h"
#include "clients/measurement.h"
#include "clients/read-pace.h"
#include "clients/request-loop.h"
#include "clients/response-checker.h"
#include "native/signal-fd.h"
#include "native/fd.h"

namespace fb {

class EpollLoad {
 public:
  EpollLoad(const LoadPlan& plan, const WindowLog& log, const SignalFd& stop);

  // Nothing when it was told to stop.
  std::optional<Measurement> run();

 private:
  enum class State : std::uint8_t { idle, connecting, delaying, sending, awaitingEnd, reading, readingSlowly };

  // One of the connections that the loop keeps busy. Its socket is a new one after as many requests as the plan says.
  struct Slot {
    Fd socket;
    State state = State::idle;
    bool seenWithData = false;      // it had unread data when its end was late
    std::uint32_t earlyEvents = 0;  // while it delayed its request
    std::uint32_t sent = 0;
    std::uint64_t carried = 0;  // requests on its socket so far
    bool isReadEager = false;   // epoll reports its data, not only its end
    ResponseChecker response;
  };

  void begin(Slot& slot);
  void connect(Slot& slot);
  void setOptions(int socket) const;
  void handle(Slot& slot, std::uint32_t events);
  void finishConnect(Slot& slot, std::uint32_t events);
  void sendRequest(Slot& slot, std::uint32_t events);
  void awaitRoom(Slot& slot);
  void receive(Slot& slot, std::uint32_t events);
  void readAsItArrives(Slot& slot);
  void readSlowly(Slot& slot);
  void onEnd(Slot& slot);
  void lose(Slot& slot, int error);
  void reconnect(Slot& slot);
  void checkResponse(Slot& slot);
  void fail(Slot& slot, Failure failure, int error = 0);
  void close(Slot& slot) noexcept;

  bool handleEvents();
  std::uint64_t timeoutNs() const noexcept;
  void resumeDue(std::uint64_t now);
  void readLateOnes(std::uint64_t now);

  std::uint32_t indexOf(const Slot& slot) const noexcept { return static_cast<std::uint32_t>(&slot - slots_.data()); }

  const LoadPlan& plan_;
  const ConnectionUse use_;
  Fd epoll_;
  std::vector<Slot> slots_;
  RequestLoop loop_;
  EndWait endWait_;
  EventWait events_;
  const ReadPace pace_;
  const std::uint32_t portRange_;
  DueQueue pauses_;  // of connections that delay their request or read slowly; nothing else ends such a state
  std::uint64_t nextLateCheckNs_ = 0;
  std::array<char, 65536> buffer_;
};

}  // namespace fb
