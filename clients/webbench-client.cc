#include "clients/webbench-client.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "clients/response-checker.h"
#include "native/clock.h"
#include "native/fd.h"

namespace fb {
namespace {

constexpr std::size_t readSize = 1500;

volatile sig_atomic_t alarmRang = 0;

void onAlarm(int) { alarmRang = 1; }

void sleepFor(std::uint64_t ns) noexcept {
  const timespec time{static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
  ::nanosleep(&time, nullptr);
}

timeval timevalFrom(std::uint64_t ns) noexcept {
  return {static_cast<time_t>(ns / 1'000'000'000), static_cast<suseconds_t>(ns % 1'000'000'000 / 1000)};
}

void setAlarm(std::uint64_t ns) noexcept {
  struct sigaction action {};
  action.sa_handler = onAlarm;  // without SA_RESTART: it ends the call that the client is blocked in
  ::sigaction(SIGALRM, &action, nullptr);
  // It rings again and again, since the first may come just before such a call.
  const itimerval timer{timevalFrom(10'000'000), timevalFrom(ns)};
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace

void WebbenchClient::run() noexcept {
  board_.noteRunning(monotonicNs());
  sleepFor(clientNapNs);
  windowStartNs_ = monotonicNs() + plan_.warmupNs;
  setAlarm(plan_.warmupNs + plan_.durationNs);
  if (board_.claimFirstStart(windowStartNs_)) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(announceFd_, &one, sizeof(one));
  }
  if (plan_.warmupNs == 0) startWindow();
  while (alarmRang == 0) request();
  // One that was blocked from warm-up to end has used no CPU time that would count.
  if (record_.hasStarted) record_.cpu = ownCpuTime() - record_.cpuAtStart;
  record_.endNs = monotonicNs();
}

void WebbenchClient::startWindow() noexcept {
  record_.cpuAtStart = ownCpuTime();
  record_.hasStarted = true;
}

WindowPart WebbenchClient::partAt(std::uint64_t now) noexcept {
  if (now < windowStartNs_) return WindowPart::outside;
  if (!record_.hasStarted) startWindow();
  const std::uint64_t elapsed = now - windowStartNs_;
  if (elapsed >= plan_.durationNs) return WindowPart::outside;
  return elapsed < plan_.durationNs / 2 ? WindowPart::firstHalf : WindowPart::secondHalf;
}

void WebbenchClient::request() noexcept {
  const std::uint64_t startNs = monotonicNs();
  record_.requestConnected = false;
  record_.requestStartNs = startNs;
  ++record_.tally.started;

  const Fd socket(::socket(plan_.server.family(), SOCK_STREAM, IPPROTO_TCP));
  if (!socket) return failFromErrno(false);
  if (::connect(socket.get(), plan_.server.get(), plan_.server.length) != 0) return failFromErrno(false);
  const std::uint64_t connectedNs = monotonicNs();
  record_.requestConnected = true;
  ++record_.tally.connected;
  if (!sendAll(socket.get())) return failFromErrno(true);

  ResponseChecker response;
  std::array<char, readSize> buffer;
  while (alarmRang == 0) {
    const ssize_t got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (got < 0) return failFromErrno(true);
    if (got == 0) {
      if (const auto failure = response.verdict(plan_.expectedBytes)) return fail(*failure);
      return succeed(startNs, connectedNs, response.bytes());
    }
    response.feed({buffer.data(), static_cast<std::size_t>(got)});
  }
}

bool WebbenchClient::sendAll(int socket) const noexcept {
  for (std::size_t sent = 0; sent < request_.size();) {
    const ssize_t now = ::send(socket, request_.data() + sent, request_.size() - sent, MSG_NOSIGNAL);
    if (now < 0) return false;
    sent += static_cast<std::size_t>(now);
  }
  return true;
}

void WebbenchClient::succeed(std::uint64_t startNs, std::uint64_t connectedNs, std::uint64_t bytes) noexcept {
  const std::uint64_t now = monotonicNs();
  const WindowPart part = partAt(now);
  record_.tally.addSuccess(part, bytes);
  if (part == WindowPart::outside) return;
  board_.timings().connect.record((connectedNs - startNs) / 1000);
  board_.timings().response.record((now - startNs) / 1000);
}

void WebbenchClient::fail(Failure failure, int error) noexcept {
  record_.tally.addFailure(partAt(monotonicNs()), failure, error);
  if (const std::uint64_t pauseNs = pauseAfterNs(failure); pauseNs > 0) sleepFor(pauseNs);
}

// The request that the alarm interrupts has not failed: it stays unanswered.
void WebbenchClient::failFromErrno(bool connected) noexcept {
  const int error = errno;
  if (error == EINTR && alarmRang != 0) return;
  const Failure failure = failureFrom(error, connected);
  // A handshake that was reset before connect had returned.
  if (!connected && failure == Failure::reset) ++record_.tally.connected;
  fail(failure, error);
}

}  // namespace fb
