// Runs a load generator of somebody else's, says when its measured window starts and ends as ours do, and what CPU
// time its whole process tree used within: processes that nobody waited for become children of this one.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "native/cpu-time.h"
#include "native/signal-fd.h"
#include "native/stdout-line.h"
#include "native/process-tree.h"
#include "native/clock.h"
#include "native/errors.h"
#include "native/fd.h"
#include "native/flags.h"
#include "native/limits.h"
#include "native/program.h"

namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t nsPerMs = 1'000'000;
// What is left of the tree when its first process has ended is about to end too; then it is made to.
constexpr std::uint64_t stragglerNs = 500 * nsPerMs;
constexpr int programNotStarted = 127;

struct Options {
  int warmupMs = 0;
  std::optional<int> windowMs;
  char** program = nullptr;
};

std::optional<Options> parseOptions(int argc, char** argv) {
  Options options;
  fb::Flags flags("Runs PROGRAM with its arguments, given after --, and tells what CPU time it used.");
  flags.number("--warmup-ms", options.warmupMs, 0, 600'000,
               "Time before the window, in which nothing is counted");
  flags.number("--window-ms", options.windowMs, 1, 600'000,
               "End PROGRAM after a window of this length (default: the window ends when it does)");
  char** const end = argv + argc;
  char** const separator =
      std::find_if(argv + 1, end, [](const char* word) { return std::string_view(word) == "--"; });
  if (!flags.parse(static_cast<int>(separator - argv), argv)) return std::nullopt;
  if (end - separator < 2) throw fb::UsageError("no program is given; name it after --, with its arguments");
  options.program = separator + 1;
  return options;
}

sigset_t watchedSignals() noexcept {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set, signal);
  return set;
}

// The next signal; 0 when `deadlineNs` has come first.
int nextSignal(std::optional<std::uint64_t> deadlineNs) {
  const sigset_t set = watchedSignals();
  for (;;) {
    int signal = 0;
    if (deadlineNs) {
      const std::uint64_t now = fb::monotonicNs();
      const std::uint64_t left = *deadlineNs > now ? *deadlineNs - now : 0;
      const timespec time{static_cast<time_t>(left / 1'000'000'000), static_cast<long>(left % 1'000'000'000)};
      signal = ::sigtimedwait(&set, nullptr, &time);
      if (signal < 0 && errno == EAGAIN) return 0;
    } else {
      signal = ::sigwaitinfo(&set, nullptr);
    }
    if (signal > 0) return signal;
    if (errno != EINTR) throw fb::systemError("wait for a signal", errno);
  }
}

class Run {
 public:
  explicit Run(const Options& options) : options_(options) {}

  int toTheEnd() {
    const sigset_t set = watchedSignals();
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    fb::raiseOpenFileLimit();

    const std::uint64_t begunNs = fb::monotonicNs();
    if (options_.warmupMs == 0) startWindow();
    startProgram();
    if (options_.warmupMs > 0) startsAtNs_ = begunNs + ms(options_.warmupMs);
    while (!status_) step();
    waitForRest();
    if (!startedNs_) startWindow();
    if (!endedNs_) endWindow(fb::endedCpuTime());
    report();
    return exitCode();
  }

 private:
  static std::uint64_t ms(int number) { return static_cast<std::uint64_t>(number) * nsPerMs; }

  void startProgram() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw fb::systemError("pipe", errno);
    fb::Fd reading(ends[0]);
    fb::Fd writing(ends[1]);
    program_ = ::fork();
    if (program_ < 0) throw fb::systemError("fork", errno);
    if (program_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      fb::unblockAllSignals();
      ::execvp(options_.program[0], options_.program);
      const int error = errno;
      [[maybe_unused]] const auto written = ::write(writing.get(), &error, sizeof(error));
      ::_exit(programNotStarted);
    }
    writing.reset();
    int error = 0;
    if (::read(reading.get(), &error, sizeof(error)) == sizeof(error)) {
      ::waitpid(program_, nullptr, 0);
      throw fb::systemError(std::string("start ") + options_.program[0], error);
    }
  }

  void step() {
    const std::optional<std::uint64_t> border = startedNs_ ? endsAtNs_ : startsAtNs_;
    switch (const int signal = nextSignal(border)) {
      case 0:
        if (startedNs_) {
          endWindow(fb::treeCpuTime());
          countSockets();
          stopped_ = true;
          ::kill(program_, SIGTERM);
        } else {
          startWindow();
        }
        break;
      case SIGCHLD:
        reap();
        break;
      default:
        interrupted_ = true;
        ::kill(program_, signal);
    }
  }

  // False when there is no child left.
  bool reap() {
    for (;;) {
      int status = 0;
      const pid_t pid = ::waitpid(-1, &status, WNOHANG);
      if (pid <= 0) return pid == 0;
      if (pid == program_) status_ = status;
    }
  }

  void waitForRest() {
    const std::uint64_t deadline = fb::monotonicNs() + (interrupted_ ? 0 : stragglerNs);
    while (reap()) {
      if (nextSignal(deadline) != 0) continue;
      for (const auto& child : fb::childrenOf(std::to_string(::getpid()))) ::kill(std::stoi(child), SIGKILL);
      nextSignal(fb::monotonicNs() + nsPerMs);
    }
  }

  void startWindow() {
    const fb::CpuTime before = program_ > 0 ? fb::treeCpuTime() : fb::CpuTime{};
    startedNs_ = fb::monotonicNs();
    cpuAtStart_ = before;
    if (options_.windowMs) endsAtNs_ = *startedNs_ + ms(*options_.windowMs);
    announce("windowStart");
  }

  void endWindow(const fb::CpuTime& cpuAtEnd) {
    endedNs_ = fb::monotonicNs();
    cpu_ = cpuAtEnd - cpuAtStart_;
    endsAtNs_.reset();
    announce("windowEnd");
  }

  void announce(const char* event) const {
    // The program may have left a line unfinished.
    const std::string fresh = program_ > 0 ? "\n" : "";
    fb::writeStdoutLine(fresh + Json{{"event", event}, {"unixUs", unixUs()}}.dump());
  }

  // Several looks: a client that closes one connection and opens the next has none for a moment.
  void countSockets() {
    for (int look = 0; look < 5; ++look) {
      sockets_ = std::max(sockets_, fb::openSocketsOf(program_));
      ::usleep(1000);
    }
  }

  static std::uint64_t unixUs() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000u + static_cast<std::uint64_t>(now.tv_nsec) / 1000u;
  }

  void report() const {
    const bool exited = WIFEXITED(*status_);
    fb::writeStdoutLine(
        Json{{"event", "programEnded"},
             {"exitCode", exited ? Json(WEXITSTATUS(*status_)) : Json(nullptr)},
             {"signal", exited ? Json(nullptr) : Json(WTERMSIG(*status_))},
             {"stopped", stopped_},
             {"socketsAtEnd", stopped_ ? Json(sockets_) : Json(nullptr)},
             {"windowMs", static_cast<double>(*endedNs_ - *startedNs_) / static_cast<double>(nsPerMs)},
             // Two clocks of different grain: a difference may come out a little below zero.
             {"cpu",
              {{"userMs", std::max(0.0, cpu_.userMs)}, {"systemMs", std::max(0.0, cpu_.systemMs)}}}}
            .dump());
  }

  int exitCode() const noexcept {
    if (stopped_) return 0;
    return WIFEXITED(*status_) ? WEXITSTATUS(*status_) : 128 + WTERMSIG(*status_);
  }

  const Options& options_;
  pid_t program_ = 0;
  std::optional<int> status_;
  bool stopped_ = false;
  bool interrupted_ = false;
  int sockets_ = 0;
  std::optional<std::uint64_t> startsAtNs_;
  std::optional<std::uint64_t> startedNs_;
  std::optional<std::uint64_t> endsAtNs_;
  std::optional<std::uint64_t> endedNs_;
  fb::CpuTime cpuAtStart_;
  fb::CpuTime cpu_;
};

int body(int argc, char** argv) {
  const auto options = parseOptions(argc, argv);
  return options ? Run(*options).toTheEnd() : 0;
}

}  // namespace

int main(int argc, char** argv) { return fb::runProgram("timed-run", body, argc, argv); }
