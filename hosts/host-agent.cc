// What the harness starts on a host that it reaches by ssh: it starts programs there, passes on what they print, and
// reads files, for requests on standard input (hosts/common/frames.h). Nothing that it started outlives it, and it ends
// when its input does, or when it has heard nothing for a while, since a link that is cut gives no sign.
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "hosts/common/children.h"
#include "hosts/common/frames.h"
#include "hosts/common/look.h"
#include "hosts/common/settings.h"
#include "native/clock.h"
#include "native/errors.h"
#include "native/flags.h"
#include "native/program.h"
#include "native/signal-fd.h"

namespace {

using fb::Json;

constexpr std::uint64_t nsPerMs = 1'000'000;

struct Options {
  std::string session;
  std::string scratch;
  std::string lock;
  int silenceMs = 4000;
  int lockMs = 10'000;
};

// Goes with the process, so that whoever has it knows that all of the agent before it has ended.
fb::Fd takeLock(const Options& options) {
  if (options.lock.empty()) return {};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = "forkbench-host-agent-" + options.lock;
  const std::size_t length = std::min(name.size(), sizeof(address.sun_path) - 1);
  std::memcpy(address.sun_path + 1, name.data(), length);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length);
  const std::uint64_t deadline = fb::monotonicNs() + static_cast<std::uint64_t>(options.lockMs) * nsPerMs;
  fb::Fd lock(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  while (::bind(lock.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    if (errno != EADDRINUSE) throw fb::systemError("lock", errno);
    if (fb::monotonicNs() > deadline)
      throw fb::FatalError("another forkbench run is measuring on this host; wait for it, or end it");
    ::usleep(20'000);
  }
  return lock;
}

class Agent {
 public:
  Agent(const Options& options, const std::string& scratch)
      : options_(options),
        signals_({SIGCHLD, SIGTERM, SIGINT, SIGHUP}),
        writer_(STDOUT_FILENO),
        children_(writer_) {
    fb::makeNonBlocking(STDIN_FILENO);
    // A login may have printed something before us.
    writer_.line("forkbench-host-agent " + Json{{"version", 1}, {"root", ::geteuid() == 0}, {"scratch", scratch}}.dump());
  }

  void run() {
    std::uint64_t heardNs = fb::monotonicNs();
    const std::uint64_t silenceNs = static_cast<std::uint64_t>(options_.silenceMs) * nsPerMs;
    for (;;) {
      std::vector<pollfd> waited{{STDIN_FILENO, POLLIN, 0}, {signals_.fd(), POLLIN, 0}};
      if (writer_.isWaiting()) waited.push_back({STDOUT_FILENO, POLLOUT, 0});
      const std::size_t ours = waited.size();
      children_.addTo(waited);
      const std::uint64_t passedNs = fb::monotonicNs() - heardNs;
      const int patienceMs = passedNs >= silenceNs ? 0 : static_cast<int>((silenceNs - passedNs) / nsPerMs) + 1;
      const int ready = ::poll(waited.data(), waited.size(), patienceMs);
      // Only after a look: a machine that stood still may have its requests waiting.
      if (ready == 0 && patienceMs == 0) return;
      if (waited[0].revents != 0) {
        if (!readRequests()) return;
        heardNs = fb::monotonicNs();
      }
      for (std::size_t at = ours; at < waited.size(); ++at)
        if (waited[at].revents != 0) children_.handle(waited[at]);
      if (waited[1].revents != 0 && !handleSignals()) return;
      if (!writer_.flush()) return;
    }
  }

 private:
  // False at the end of the input.
  bool readRequests() {
    char buffer[65536];
    for (;;) {
      const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof(buffer));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return errno == EAGAIN;
      if (got == 0) return false;
      reader_.add({buffer, static_cast<std::size_t>(got)});
      while (const auto request = reader_.next()) answer(*request);
    }
  }

  bool handleSignals() {
    signalfd_siginfo info;
    while (::read(signals_.fd(), &info, sizeof(info)) == sizeof(info))
      if (info.ssi_signo != SIGCHLD) return false;
    children_.reap();
    return true;
  }

  void answer(const fb::Frame& request) {
    const Json id = request.head.value("id", Json(nullptr));
    try {
      const auto op = request.head.at("op").get<std::string>();
      if (op == "start") return children_.start(request);
      if (op == "signal") return children_.signal(request.head);
      if (op == "read") return read(request.head);
      Json result = op == "look"  ? fb::lookAt(request.head)
                    : op == "hold" ? hold(request.head)
                    : op == "write" ? write(request)
                                    : fb::clocks();
      result["id"] = id;
      result["event"] = "done";
      writer_.write(std::move(result));
    } catch (const std::exception& error) {
      writer_.write({{"id", id}, {"event", "notDone"}, {"error", error.what()}});
    }
  }

  void read(const Json& request) {
    const auto path = request.at("path").get<std::string>();
    std::ifstream file(path, std::ios::binary);
    if (!file) throw fb::systemError(path, errno);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    if (file.bad()) throw fb::systemError(path, errno);
    writer_.write({{"id", request.at("id")}, {"event", "done"}}, bytes.str());
  }

  Json write(const fb::Frame& request) {
    const std::filesystem::path path(request.head.at("path").get<std::string>());
    std::filesystem::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary);
    file << request.body;
    if (!file.flush()) throw fb::systemError(path.string(), errno);
    return Json::object();
  }

  Json hold(const Json& request) {
    return {{"refused", settings_.hold(request.at("settings").get<std::map<std::string, std::string>>())}};
  }

  const Options& options_;
  fb::SignalFd signals_;
  fb::FrameReader reader_;
  fb::FrameWriter writer_;
  fb::Children children_;
  fb::HeldSettings settings_;
};

// A directory for short-lived files, on tmpfs where there is one; empty where no name was given.
std::string scratchPath(const std::string& name) {
  if (name.empty()) return "";
  return (::access("/dev/shm", W_OK) == 0 ? "/dev/shm/" : "/tmp/") + name;
}

// The agent's own life, below a parent that ends what it leaves behind should it be killed.
int serve(const Options& options, const std::string& scratch) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::signal(SIGPIPE, SIG_IGN);
  try {
    const fb::Fd lock = takeLock(options);
    if (!scratch.empty()) std::filesystem::create_directory(scratch);
    Agent(options, scratch).run();
    fb::killDescendants();
    return 0;
  } catch (const std::exception& error) {
    fb::logLine(error.what());
    fb::killDescendants();
    return 1;
  }
}

int body(int argc, char** argv) {
  Options options;
  fb::Flags flags("Runs programs and reads files on this host for forkbench, which speaks on standard input.");
  flags.text("--session", options.session, "marks every process that it starts");
  flags.text("--scratch", options.scratch, "name of a directory for short-lived files, which goes with it");
  flags.text("--lock", options.lock, "name that one agent at a time may have on this host");
  flags.number("--silence-ms", options.silenceMs, 100, 60'000, "it ends when it hears nothing for so long");
  flags.number("--lock-ms", options.lockMs, 0, 60'000, "how long it waits for an agent before it");
  if (!flags.parse(argc, argv)) return 0;
  const char* path = ::getenv("PATH");
  ::setenv("PATH", (std::string(path != nullptr ? path : "/usr/bin:/bin") + ":/usr/local/sbin:/usr/sbin:/sbin").c_str(), 1);
  ::setenv("LC_ALL", "C", 1);
  ::setenv("FORKBENCH_SESSION", options.session.c_str(), 1);
  ::umask(077);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const std::string scratch = scratchPath(options.scratch);
  const pid_t agent = ::fork();
  if (agent < 0) throw fb::systemError("fork", errno);
  if (agent == 0) return serve(options, scratch);
  // Only the agent may hold the ends of the connection.
  ::close(STDIN_FILENO);
  ::close(STDOUT_FILENO);
  int status = 0;
  while (::waitpid(agent, &status, 0) < 0 && errno == EINTR) {
  }
  fb::killDescendants();
  std::error_code gone;
  if (!scratch.empty()) std::filesystem::remove_all(scratch, gone);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

int main(int argc, char** argv) { return fb::runProgram("host-agent", body, argc, argv); }
