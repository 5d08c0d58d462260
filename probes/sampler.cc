// Looks at a host's network and at its server many times a second, keeps what it saw, and prints it as one line of JSON
// when it is told to end (SIGTERM), so that nobody is woken while a window is measured.
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "native/clock.h"
#include "native/cpu-time.h"
#include "native/errors.h"
#include "native/fd.h"
#include "native/flags.h"
#include "native/program.h"
#include "native/signal-fd.h"
#include "native/stdout-line.h"
#include "probes/common/kernel-counters.h"
#include "probes/common/server-tasks.h"
#include "probes/common/socket-diag.h"
#include "probes/common/syscall-names.h"

namespace {

using Json = nlohmann::ordered_json;
using Row = std::vector<Json>;

constexpr std::uint64_t nsPerMs = 1'000'000;
// The kernel writes some two hundred counters as text for each look at three of them.
constexpr std::uint64_t countersNs = 200 * nsPerMs;
// Listing sockets walks the whole machine's table, which takes milliseconds where that is large. New tasks are rare.
constexpr std::uint64_t seldomNs = 1000 * nsPerMs;
// Fifteen minutes at the shortest interval: no repeat is as long.
constexpr std::size_t mostRows = 90'000;

struct Options {
  int intervalMs = 40;
  int port = 0;
  std::optional<int> server;
  std::string counters;
  bool states = false;
};

std::optional<Options> parseOptions(int argc, char** argv) {
  Options options;
  fb::Flags flags("Samples the TCP sockets of its network namespace until SIGTERM, then prints all samples as JSON.");
  flags.number("--interval-ms", options.intervalMs, 10, 10'000, "Time between two samples");
  flags.number("--port", options.port, 0, 65'535, "Sample the accept queue of this port (default: no queue)");
  flags.number("--server", options.server, 1, 1 << 30, "Process whose tasks are looked at, with all that descend from it");
  flags.text("--counters", options.counters, "Counter page of the server, for its answers over time");
  flags.toggle("--states", options.states, "Count sockets by their TCP state, five times a second or, where that takes long, once");
  return flags.parse(argc, argv) ? std::optional(options) : std::nullopt;
}

// The page that our servers count on (servers/common/counter-page.h), read only.
class Answers {
 public:
  explicit Answers(const std::string& file) {
    const fb::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) throw fb::systemError("open the counters file " + file, errno);
    struct stat status {};
    ::fstat(fd.get(), &status);
    bytes_ = static_cast<std::size_t>(status.st_size);
    void* const memory = ::mmap(nullptr, bytes_, PROT_READ, MAP_SHARED, fd.get(), 0);
    if (memory == MAP_FAILED) throw fb::systemError("map the counters file " + file, errno);
    memory_ = static_cast<const std::byte*>(memory);
    if (bytes_ < 64 || std::memcmp(memory_, "FBCOUNT2", 8) != 0)
      throw fb::FatalError("counters file " + file + " is no page of counters");
  }
  ~Answers() { ::munmap(const_cast<std::byte*>(memory_), bytes_); }
  Answers(const Answers&) = delete;
  Answers& operator=(const Answers&) = delete;

  std::int64_t read() const {
    const std::uint32_t slots = number<std::uint32_t>(8);
    const std::size_t first = number<std::uint32_t>(12);
    std::uint64_t answered = 0;
    for (std::size_t slot = 0; slot < slots && first + slotBytes * (slot + 1) <= bytes_; ++slot)
      answered += number<std::uint64_t>(first + slotBytes * slot + 8);
    return static_cast<std::int64_t>(answered);
  }

 private:
  static constexpr std::size_t slotBytes = 128;

  template <typename Number>
  Number number(std::size_t offset) const {
    return reinterpret_cast<const std::atomic<Number>*>(memory_ + offset)->load(std::memory_order_relaxed);
  }
  const std::byte* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

const std::vector<std::string> tcpNames = {"PassiveOpens", "CurrEstab", "RetransSegs"};
const std::vector<std::string> tcpExtNames = {"ListenOverflows", "SyncookiesSent"};

class Sampler {
 public:
  explicit Sampler(const Options& options)
      : options_(options),
        tcp_("/proc/net/snmp", "Tcp", tcpNames),
        tcpExt_("/proc/net/netstat", "TcpExt", tcpExtNames) {
    if (options.server) tasks_.emplace(*options.server);
    if (!options.counters.empty()) answers_ = std::make_unique<Answers>(options.counters);
  }

  void untilTold() {
    const fb::SignalFd signals{SIGTERM, SIGINT};
    sample();
    // The first sample is taken: whoever waits for this line may begin.
    fb::writeStdoutLine(Json{{"event", "sampling"}}.dump());
    std::uint64_t nextNs = fb::monotonicNs();
    for (;;) {
      nextNs += static_cast<std::uint64_t>(options_.intervalMs) * nsPerMs;
      if (waitUntil(nextNs, signals.fd())) break;
      // After a long time without a core the samples that were missed are not made up for.
      nextNs = std::max(nextNs, fb::monotonicNs() - static_cast<std::uint64_t>(options_.intervalMs) * nsPerMs);
      if (queue_.size() + counters_.size() < mostRows) sample();
    }
    countersAtNs_ = 0;
    sample();
    print();
  }

 private:
  // Whether a signal has come.
  static bool waitUntil(std::uint64_t deadlineNs, int signals) {
    const std::uint64_t now = fb::monotonicNs();
    const std::uint64_t left = deadlineNs > now ? deadlineNs - now : 0;
    const timespec time{static_cast<time_t>(left / 1'000'000'000), static_cast<long>(left % 1'000'000'000)};
    pollfd wanted{signals, POLLIN, 0};
    return ::ppoll(&wanted, 1, &time, nullptr) > 0;
  }

  void sample() {
    const std::uint64_t now = fb::monotonicNs();
    const bool seldom = isDue(seldomAtNs_, now, seldomNs);
    if (options_.port != 0) sampleQueue(now, seldom);
    if (isDue(countersAtNs_, now, countersNs)) sampleCounters(now);
    if (options_.states && isDue(statesAtNs_, now, statesEveryNs_)) {
      sampleStates(now);
      // At most a hundredth of a core, however long the machine's table is.
      statesEveryNs_ = std::clamp(100 * (fb::monotonicNs() - now), countersNs, seldomNs);
    }
  }

  static bool isDue(std::uint64_t& atNs, std::uint64_t now, std::uint64_t every) noexcept {
    if (now < atNs) return false;
    atNs = now + every;
    return true;
  }

  void sampleQueue(std::uint64_t now, bool seldom) {
    const fb::AcceptQueue queue = diag_.acceptQueue(static_cast<std::uint16_t>(options_.port));
    Row row = {now / 1000, queue.length, queue.limit, answers_ ? Json(answers_->read()) : Json(nullptr)};
    if (tasks_) {
      if (seldom) tasks_->find();
      const auto look = tasks_->look();
      const bool sleepsBeforeWork = queue.length > 0 && look.runnable == 0;
      const int call = sleepsBeforeWork ? tasks_->sleepsIn() : -1;
      if (call >= 0) calls_.insert(call);
      row.insert(row.end(), {look.tasks, look.runnable, call});
    } else {
      row.insert(row.end(), {nullptr, nullptr, nullptr});
    }
    queue_.push_back(std::move(row));
  }

  void sampleCounters(std::uint64_t now) {
    const auto sockets = statistics_.read();
    Row row = {now / 1000, sockets.inUse, sockets.timeWait};
    for (const std::int64_t value : tcp_.read()) row.emplace_back(value);
    for (const std::int64_t value : tcpExt_.read()) row.emplace_back(value);
    counters_.push_back(std::move(row));
  }

  void sampleStates(std::uint64_t now) {
    const fb::StateCounts counts = diag_.states();
    Row row = {now / 1000};
    // The last number is the kernel's own for a handshake, which it tells as TCP_SYN_RECV.
    for (std::size_t state = TCP_ESTABLISHED; state <= TCP_CLOSING; ++state) row.emplace_back(counts[state]);
    states_.push_back(std::move(row));
  }

  void print() const {
    const fb::CpuTime cpu = fb::ownCpuTime();
    Row counterColumns = {"atUs", "inUse", "timeWait"};
    for (const auto& names : {tcpNames, tcpExtNames}) counterColumns.insert(counterColumns.end(), names.begin(), names.end());
    Json result = {{"event", "samples"},
                   {"schema", 1},
                   {"intervalMs", options_.intervalMs},
                   {"cpu", {{"userMs", cpu.userMs}, {"systemMs", cpu.systemMs}}},
                   {"counters", {{"columns", counterColumns}, {"rows", counters_}}}};
    for (const int call : calls_) result["syscalls"][std::to_string(call)] = fb::syscallName(call);
    if (options_.port != 0)
      result["queue"] = {{"columns", {"atUs", "length", "limit", "answered", "tasks", "runnable", "sleepsIn"}},
                         {"rows", queue_}};
    if (options_.states)
      // In the kernel's order, from TCP_ESTABLISHED = 1 on; those in TIME_WAIT stand among the counters.
      result["states"] = {{"columns",
                           {"atUs", "established", "synSent", "synReceived", "finWait1", "finWait2", "timeWait",
                            "close", "closeWait", "lastAck", "listen", "closing"}},
                          {"rows", states_}};
    fb::writeStdoutLine(result.dump());
  }

  const Options& options_;
  fb::SocketDiag diag_;
  fb::CounterFile tcp_;
  fb::CounterFile tcpExt_;
  fb::SocketStatistics statistics_;
  std::optional<fb::ServerTasks> tasks_;
  std::unique_ptr<Answers> answers_;
  std::uint64_t countersAtNs_ = 0;
  std::uint64_t seldomAtNs_ = 0;
  std::uint64_t statesAtNs_ = 0;
  std::uint64_t statesEveryNs_ = countersNs;
  // Those that the server was seen to sleep in, by their numbers.
  std::set<int> calls_;
  std::vector<Row> queue_;
  std::vector<Row> counters_;
  std::vector<Row> states_;
};

int body(int argc, char** argv) {
  const auto options = parseOptions(argc, argv);
  if (!options) return 0;
  Sampler(*options).untilTold();
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return fb::runProgram("sampler", body, argc, argv); }
