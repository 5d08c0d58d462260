// Times the system calls of some processes until it is told to end (SIGTERM), then prints for each role and call how often
// it took how long, as one line of JSON. It is woken by nothing in between: the counting is the kernel's.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "native/errors.h"
#include "native/flags.h"
#include "native/program.h"
#include "native/signal-fd.h"
#include "native/stdout-line.h"
#include "probes/common/syscall-names.h"
#include "probes/common/syscall-tracer.h"

namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string processes;
  bool check = false;
};

std::optional<Options> parseOptions(int argc, char** argv) {
  Options options;
  fb::Flags flags("Times the system calls of processes in the kernel until SIGTERM, then prints distributions as JSON.");
  flags.text("--processes", options.processes, "ROLE:PID,ROLE:PID,... with no more than two different roles");
  flags.toggle("--check", options.check, "Only see whether this machine allows it");
  return flags.parse(argc, argv) ? std::optional(options) : std::nullopt;
}

struct Roles {
  std::vector<std::string> names;
  std::vector<fb::SyscallTracer::Process> processes;
};

Roles parseProcesses(const std::string& text) {
  Roles roles;
  std::istringstream entries(text);
  for (std::string entry; std::getline(entries, entry, ',');) {
    const auto colon = entry.find(':');
    if (colon == std::string::npos || colon == 0)
      throw fb::badFlag("--processes", entry, "has no role", "write ROLE:PID,ROLE:PID");
    const std::string name = entry.substr(0, colon);
    const auto pid = fb::parseNumber("--processes", entry.substr(colon + 1), 1, 1 << 30);
    auto found = std::find(roles.names.begin(), roles.names.end(), name);
    if (found == roles.names.end()) found = roles.names.insert(found, name);
    roles.processes.push_back(
        {static_cast<pid_t>(pid), static_cast<std::uint32_t>(found - roles.names.begin())});
  }
  if (roles.processes.empty()) throw fb::UsageError("--processes is missing; write ROLE:PID,ROLE:PID");
  if (roles.names.size() > fb::SyscallTracer::mostGroups)
    throw fb::badFlag("--processes", text, "names more than two roles", "use one role or two");
  return roles;
}

Json rowOf(const fb::SyscallTracer::Times& times, const std::vector<std::string>& roles) {
  Json buckets = Json::array();
  std::uint64_t calls = 0;
  for (std::size_t power = 0; power < times.counts.size(); ++power) {
    if (times.counts[power] == 0) continue;
    calls += times.counts[power];
    buckets.push_back({power, times.counts[power]});
  }
  return {{"role", roles.at(times.group)},
          {"syscall", fb::syscallName(times.number)},
          {"calls", calls},
          {"sumNs", times.sumNs},
          {"buckets", buckets}};
}

int body(int argc, char** argv) {
  const auto options = parseOptions(argc, argv);
  if (!options) return 0;
  if (options->check) {
    fb::SyscallTracer({{::getpid(), 0}}).finish();
    return 0;
  }
  const Roles roles = parseProcesses(options->processes);
  const fb::SignalFd signals{SIGTERM, SIGINT};
  fb::SyscallTracer tracer(roles.processes);
  fb::writeStdoutLine(Json{{"event", "tracing"}}.dump());
  pollfd wanted{signals.fd(), POLLIN, 0};
  while (::poll(&wanted, 1, -1) <= 0) continue;
  Json rows = Json::array();
  for (const auto& times : tracer.finish()) rows.push_back(rowOf(times, roles.names));
  // A bucket is [n, calls]: they took from 2^n to below 2^(n+1) nanoseconds.
  fb::writeStdoutLine(Json{{"event", "syscallTimes"}, {"schema", 1}, {"rows", rows}}.dump());
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return fb::runProgram("syscall-times", body, argc, argv); }
