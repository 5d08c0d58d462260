// An event loop that accepts its connections itself and serves them until it is told to stop.
#pragma once

#include <cstdint>
#include <functional>

#include "native/fd.h"
#include "native/flags.h"
#include "servers/common/acceptor.h"
#include "servers/common/counter-page.h"
#include "servers/common/epoll.h"
#include "servers/common/http-connections.h"
#include "servers/common/server-options.h"
#include "servers/common/service.h"

namespace fb {

// The options of all servers whose loops accept themselves.
struct AcceptLoopOptions : ServerOptions {
  std::uint32_t acceptBatch = 100;
  bool shortcuts = true;

  void addTo(Flags& flags);
};

// Of those with several.
struct LoopsOptions : AcceptLoopOptions {
  std::uint32_t workers = 1;

  void addTo(Flags& flags);
};

// Whether the loops that watch one listening socket are all woken by a connection, or one of them (EPOLLEXCLUSIVE).
enum class Wakes { all, one };

// Of those whose loops share a listening socket.
struct SharedLoopsOptions : LoopsOptions {
  bool exclusive = true;

  void addTo(Flags& flags);
  Wakes wakes() const noexcept { return exclusive ? Wakes::one : Wakes::all; }
};

class AcceptLoop {
 public:
  AcceptLoop(const Fd& listener, Wakes wakes, const AcceptLoopOptions& options, const Service& service,
             CounterSlot& counters);

  // Until `isToStop`, asked whenever `stopFd` becomes readable, says so.
  void run(int stopFd, const std::function<bool()>& isToStop);

 private:
  const int listener_;
  Epoll epoll_;
  HttpConnections connections_;
  Acceptor acceptor_;
};

}  // namespace fb
