#include "clients/process-engine.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "clients/client-board.h"
#include "clients/client-processes.h"
#include "clients/request-text.h"
#include "native/signal-fd.h"
#include "clients/webbench-client.h"
#include "clients/window-log.h"
#include "native/clock.h"
#include "native/errors.h"

namespace fb {
namespace {

// How long clients may take to end after their windows, at least; thousands of them need some time.
constexpr std::uint64_t graceNs = 500'000'000;
constexpr std::uint64_t marginNs = 300'000'000;

// webbench connects once before it forks, and closes without having sent anything.
void knock(const LoadPlan& plan) noexcept {
  const Fd socket(::socket(plan.server.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!socket || ::connect(socket.get(), plan.server.get(), plan.server.length) == 0) return;
  pollfd connected{socket.get(), POLLOUT, 0};
  // webbench would wait here for minutes when the backlog is full; the clients are to show that.
  if (errno == EINPROGRESS) ::poll(&connected, 1, 250);
}

class ProcessLoad {
 public:
  ProcessLoad(const LoadPlan& plan, const WindowLog& log, const SignalFd& stop)
      : plan_(plan), log_(log), stop_(stop), announced_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!announced_) throw systemError("eventfd", errno);
  }

  std::optional<Measurement> run() {
    knock(plan_);
    const std::string request = webbenchRequest(plan_);
    startNs_ = monotonicNs();
    for (std::size_t i = 0; i < plan_.connections; ++i)
      processes_.fork(i, [&] { WebbenchClient(plan_, request, *board_, i, announced_.get()).run(); });
    deadlineNs_ = monotonicNs() + clientNapNs + plan_.warmupNs + plan_.durationNs +
                  std::max(plan_.drainNs, graceNs) + marginNs;
    while (processes_.running() > 0) {
      if (!wait()) return std::nullopt;
      noteStart();
      for (const EndedClient& ended : processes_.reap()) add(ended);
      // Only something from outside, such as SIGSTOP, keeps a client from ending by its own alarm.
      if (monotonicNs() >= deadlineNs_) processes_.killAll();
    }
    return finished();
  }

 private:
  // For a child, a signal, or a time that has come. False when told to stop.
  bool wait() {
    std::uint64_t next = deadlineNs_;
    if (!startIsLogged_ && board_->firstStartNs() != 0) next = std::min(next, board_->firstStartNs());
    const std::uint64_t now = monotonicNs();
    const timespec timeout{static_cast<time_t>(next > now ? (next - now) / 1'000'000'000 : 0),
                           static_cast<long>(next > now ? (next - now) % 1'000'000'000 : 0)};
    pollfd waiting[] = {{stop_.fd(), POLLIN, 0}, {childEnded_.fd(), POLLIN, 0}, {announced_.get(), POLLIN, 0}};
    // After the deadline children are being killed: their end is what to wait for.
    const bool forEver = now >= deadlineNs_;
    if (::ppoll(waiting, 3, forEver ? nullptr : &timeout, nullptr) < 0 && errno != EINTR)
      throw systemError("ppoll", errno);
    childEnded_.clear();
    std::uint64_t ignored = 0;
    [[maybe_unused]] const ssize_t got = ::read(announced_.get(), &ignored, sizeof(ignored));
    return (waiting[0].revents & POLLIN) == 0;
  }

  void noteStart() {
    const std::uint64_t startNs = board_->firstStartNs();
    if (startIsLogged_ || startNs == 0 || monotonicNs() < startNs) return;
    startIsLogged_ = true;
    cpuAtStart_ = ownCpuTime();
    log_.started(startNs);
  }

  void add(const EndedClient& ended) {
    const ClientRecord& client = board_->client(ended.index);
    const std::uint64_t endNs = client.endNs != 0 ? client.endNs : monotonicNs();
    result_.tally += client.tally;
    lastEndNs_ = std::max(lastEndNs_, client.endNs);
    if (client.tally.unanswered() > 0) {
      result_.stalledAgesNs.push_back(endNs - client.requestStartNs);
      if (!client.requestConnected) ++result_.stalledConnecting;
    }
    if (ended.wasKilled) {
      ++result_.lostClients;
      if (client.hasStarted) result_.cpu += ended.cpu - client.cpuAtStart;
    } else {
      result_.cpu += client.cpu;
    }
  }

  Measurement finished() {
    const std::uint64_t now = monotonicNs();
    if (!startIsLogged_) log_.started(now);
    log_.ended(lastEndNs_ != 0 ? lastEndNs_ : now);
    if (startIsLogged_) result_.cpu += ownCpuTime() - cpuAtStart_;
    // Each client's own window, as webbench's users count it.
    const std::uint64_t runningNs = std::max(board_->lastRunningNs(), startNs_);
    result_.startMs = static_cast<double>(runningNs - startNs_) / 1e6;
    result_.warmupMs = static_cast<double>(plan_.warmupNs) / 1e6;
    result_.windowMs = static_cast<double>(plan_.durationNs) / 1e6;
    result_.firstHalfMs = result_.windowMs / 2;
    result_.timings = std::shared_ptr<const Timings>(board_, &board_->timings());
    return result_;
  }

  const LoadPlan& plan_;
  const WindowLog& log_;
  const SignalFd& stop_;
  const SignalFd childEnded_{SIGCHLD};
  Fd announced_;
  std::shared_ptr<ClientBoard> board_ = std::make_shared<ClientBoard>(plan_.connections);
  ClientProcesses processes_;
  Measurement result_;
  CpuTime cpuAtStart_;
  bool startIsLogged_ = false;
  std::uint64_t startNs_ = 0;
  std::uint64_t deadlineNs_ = 0;
  std::uint64_t lastEndNs_ = 0;
};

}  // namespace

Needs ProcessEngine::needs(const LoadPlan& plan) const {
  return {.descriptors = 16, .processes = plan.connections, .localPorts = plan.connections};
}

std::optional<Measurement> ProcessEngine::run(const LoadPlan& plan, const WindowLog& log, const SignalFd& stop) {
  return ProcessLoad(plan, log, stop).run();
}

}  // namespace fb
