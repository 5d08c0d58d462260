#include "hosts/common/children.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "native/errors.h"
#include "native/process-tree.h"
#include "native/signal-fd.h"

namespace fb {
namespace {

// While so much waits for the harness, programs wait with what they print.
constexpr std::size_t mostPending = 4u << 20;

struct Pipe {
  Fd reading;
  Fd writing;
};

Pipe makePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw systemError("pipe", errno);
  return {Fd(ends[0]), Fd(ends[1])};
}

// In the child that becomes the program: returns only with the error that kept it from that.
int becomeProgram(const std::vector<std::string>& argv, const std::vector<int>& cores, const Pipe& input,
                  const Pipe& output, const Pipe& errors) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setpgid(0, 0);
  unblockAllSignals();
  ::signal(SIGPIPE, SIG_DFL);
  if (!cores.empty()) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const int core : cores) CPU_SET(static_cast<std::size_t>(core), &set);
    if (::sched_setaffinity(0, sizeof(set), &set) != 0) return errno;
  }
  ::dup2(input.reading.get(), STDIN_FILENO);
  ::dup2(output.writing.get(), STDOUT_FILENO);
  ::dup2(errors.writing.get(), STDERR_FILENO);
  std::vector<char*> words;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execvp(words[0], words.data());
  return errno;
}

Json endOf(std::int64_t id, int status) {
  const bool exited = WIFEXITED(status);
  const char* name = exited ? nullptr : ::sigabbrev_np(WTERMSIG(status));
  return {{"id", id},
          {"event", "ended"},
          {"exitCode", exited ? Json(WEXITSTATUS(status)) : Json(nullptr)},
          {"signal", exited ? Json(nullptr) : Json(std::string("SIG") + (name != nullptr ? name : "UNKNOWN"))}};
}

void killTree(const std::string& pid) {
  for (const auto& child : childrenOf(pid)) {
    ::kill(std::stoi(child), SIGKILL);
    killTree(child);
  }
}

}  // namespace

void Children::start(const Frame& request) {
  const auto id = request.head.at("id").get<std::int64_t>();
  const auto argv = request.head.at("argv").get<std::vector<std::string>>();
  const auto cores = request.head.value("cores", std::vector<int>{});
  if (argv.empty()) throw FatalError("a program without a name");
  Pipe input = makePipe(), output = makePipe(), errors = makePipe(), failure = makePipe();
  const pid_t pid = ::fork();
  if (pid < 0) throw systemError("fork", errno);
  if (pid == 0) {
    const int error = becomeProgram(argv, cores, input, output, errors);
    [[maybe_unused]] const auto written = ::write(failure.writing.get(), &error, sizeof(error));
    ::_exit(127);
  }
  ::setpgid(pid, pid);
  failure.writing.reset();
  int error = 0;
  if (::read(failure.reading.get(), &error, sizeof(error)) == sizeof(error)) {
    ::waitpid(pid, nullptr, 0);
    writer_.write({{"id", id}, {"event", "notStarted"}, {"error", argv[0] + ": " + errnoText(error)}});
    return;
  }
  for (const Fd* ours : {&input.writing, &output.reading, &errors.reading}) makeNonBlocking(ours->get());
  Child child{id, std::move(input.writing), request.body, std::move(output.reading), std::move(errors.reading)};
  feed(child);
  children_.emplace(pid, std::move(child));
  writer_.write({{"id", id}, {"event", "started"}, {"pid", pid}});
}

void Children::signal(const Json& request) {
  const auto target = request.at("target").get<std::int64_t>();
  const int number = request.at("signal").get<int>();
  for (const auto& [pid, child] : children_)
    if (child.id == target) ::kill(request.value("group", false) ? -pid : pid, number);
}

void Children::addTo(std::vector<pollfd>& waited) const {
  const bool takesMore = writer_.pendingBytes() < mostPending;
  for (const auto& [pid, child] : children_) {
    if (child.input) waited.push_back({child.input.get(), POLLOUT, 0});
    if (!takesMore) continue;
    if (child.output) waited.push_back({child.output.get(), POLLIN, 0});
    if (child.errors) waited.push_back({child.errors.get(), POLLIN, 0});
  }
}

void Children::handle(const pollfd& ready) {
  for (auto& [pid, child] : children_) {
    if (child.input.get() == ready.fd) return feed(child);
    if (child.output.get() == ready.fd) return passOn(child, child.output, "stdout");
    if (child.errors.get() == ready.fd) return passOn(child, child.errors, "stderr");
  }
}

void Children::feed(Child& child) {
  while (!child.pendingInput.empty()) {
    const ssize_t written = ::write(child.input.get(), child.pendingInput.data(), child.pendingInput.size());
    if (written < 0 && errno == EAGAIN) return;
    // A program that does not read its input to the end is no error.
    if (written < 0) break;
    child.pendingInput.erase(0, static_cast<std::size_t>(written));
  }
  child.input.reset();
}

void Children::passOn(Child& child, Fd& from, const char* event) {
  char buffer[65536];
  while (from) {
    const ssize_t got = ::read(from.get(), buffer, sizeof(buffer));
    if (got > 0) {
      writer_.write({{"id", child.id}, {"event", event}}, {buffer, static_cast<std::size_t>(got)});
    } else if (got == 0) {
      from.reset();
    } else if (errno != EINTR) {
      return;
    }
  }
}

void Children::reap() {
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return;
    const auto found = children_.find(pid);
    // What nobody waited for became a child of ours.
    if (found == children_.end()) continue;
    ::kill(-pid, SIGKILL);
    passOn(found->second, found->second.output, "stdout");
    passOn(found->second, found->second.errors, "stderr");
    writer_.write(endOf(found->second.id, status));
    children_.erase(found);
  }
}

void killDescendants() {
  const std::string self = std::to_string(::getpid());
  // What forks while we look is found in the next round; what its parent leaves behind becomes a child of ours.
  for (int round = 0; round < 2000; ++round) {
    killTree(self);
    pid_t ended = 0;
    while ((ended = ::waitpid(-1, nullptr, WNOHANG)) > 0) {
    }
    if (ended < 0) return;
    ::usleep(1000);
  }
}

}  // namespace fb
