// One client process: a blocking closed loop, with the requests and the timing of webbench 1.5.
#pragma once

#include <cstdint>
#include <string>

#include "clients/client-board.h"
#include "clients/load-plan.h"

namespace fb {

// webbench's clients sleep for so long before they start, so that all of them are there by then.
inline constexpr std::uint64_t clientNapNs = 1'000'000'000;

class WebbenchClient {
 public:
  // `announceFd`: an eventfd, written to by the client whose window starts first.
  WebbenchClient(const LoadPlan& plan, const std::string& request, ClientBoard& board, std::size_t index,
                 int announceFd) noexcept
      : plan_(plan), request_(request), board_(board), record_(board.client(index)), announceFd_(announceFd) {}

  // The whole life of the client; returns when its alarm has rung.
  void run() noexcept;

 private:
  void startWindow() noexcept;
  void request() noexcept;
  bool sendAll(int socket) const noexcept;
  void succeed(std::uint64_t startNs, std::uint64_t connectedNs, std::uint64_t bytes) noexcept;
  void fail(Failure failure, int error = 0) noexcept;
  void failFromErrno(bool connected) noexcept;
  WindowPart partAt(std::uint64_t now) noexcept;

  const LoadPlan& plan_;
  const std::string& request_;
  ClientBoard& board_;
  ClientRecord& record_;
  int announceFd_;
  std::uint64_t windowStartNs_ = 0;
};

}  // namespace fb
