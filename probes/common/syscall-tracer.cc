#include "probes/common/syscall-tracer.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <cstddef>
#include <fstream>
#include <sstream>
#include <string>

#include "native/errors.h"
#include "probes/common/bpf.h"

namespace fb {
namespace {

// Enough for the numbers of x86-64 and arm64; others, such as those of 32-bit programs, are not counted.
constexpr int callNumberBits = 9;
constexpr std::uint32_t mostCallNumbers = 1u << callNumberBits;
constexpr std::uint32_t mostProcesses = 64;
constexpr std::uint32_t mostTasks = 4096;

// What is known of a thread of ours while it is traced.
struct Task {
  // 0 outside of calls.
  std::uint64_t enteredNs;
  std::uint32_t group;
  std::uint32_t callNumber;
};

// The values of SyscallTracer::times_: one for each group and call number, on each CPU.
struct Sums {
  std::uint64_t sumNs;
  std::uint64_t counts[64];
};

struct PidNamespace {
  std::uint64_t device;
  std::uint64_t inode;
  friend bool operator==(const PidNamespace&, const PidNamespace&) = default;
};

PidNamespace pidNamespaceOf(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/ns/pid";
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw systemError("look at " + path, errno);
  // As the kernel counts devices, which is not as it tells them.
  return {std::uint64_t{major(status.st_dev)} << 20 | minor(status.st_dev), status.st_ino};
}

// By which it is known in its own PID namespace: the last of those in /proc/PID/status.
std::uint32_t innerPid(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("NSpid:")) continue;
    std::istringstream ids(line.substr(6));
    std::uint32_t last = 0;
    while (ids >> last) continue;
    return last;
  }
  throw FatalError("there is no process " + std::to_string(pid));
}

// The stack of both programs: thread and process id of whoever makes the call, as its own PID namespace has them.
constexpr int idsBytes = sizeof(bpf_pidns_info);
constexpr int threadAt = -idsBytes;
constexpr int processAt = threadAt + static_cast<int>(offsetof(bpf_pidns_info, tgid));
constexpr int keyAt = threadAt - 8;
constexpr int taskAt = keyAt - static_cast<int>(sizeof(Task));

// Puts the ids onto the stack; jumps to "done" in other PID namespaces than that of our processes.
void takeIds(bpf::Assembler& program, const PidNamespace& own) {
  program.setWide(1, own.device);
  program.setWide(2, own.inode);
  program << bpf::move(3, 10) << bpf::compute(BPF_ADD, 3, threadAt) << bpf::set(4, idsBytes)
          << bpf::call(BPF_FUNC_get_ns_current_pid_tgid);
  program.jumpIf(BPF_JNE, 0, 0, "done");
}

// r0 = address of the value, 0 where there is none, for the key at this place of the stack.
void lookUp(bpf::Assembler& program, const Fd& map, int keyOffset) {
  program.setMap(1, map);
  program << bpf::move(2, 10) << bpf::compute(BPF_ADD, 2, keyOffset) << bpf::call(BPF_FUNC_map_lookup_elem);
}

void finishProgram(bpf::Assembler& program) {
  program.label("done");
  program << bpf::set(0, 0) << bpf::end();
}

// sys_enter(struct pt_regs *registers, long callNumber)
bpf::Assembler entryProgram(const PidNamespace& own, const Fd& groups, const Fd& tasks) {
  bpf::Assembler program;
  program << bpf::load(BPF_DW, 6, 1, 8);
  program.jumpIf(BPF_JGE, 6, mostCallNumbers, "done");
  takeIds(program, own);
  lookUp(program, tasks, threadAt);
  program.jumpIf(BPF_JNE, 0, 0, "known");

  // A thread that is seen for the first time: is it one of ours?
  lookUp(program, groups, processAt);
  program.jumpIf(BPF_JEQ, 0, 0, "done");
  program << bpf::load(BPF_W, 1, 0, 0)  //
          << bpf::storeValue(BPF_DW, 10, taskAt + static_cast<int>(offsetof(Task, enteredNs)), 0)
          << bpf::store(BPF_W, 10, taskAt + static_cast<int>(offsetof(Task, group)), 1)
          << bpf::storeValue(BPF_W, 10, taskAt + static_cast<int>(offsetof(Task, callNumber)), 0);
  program.setMap(1, tasks);
  program << bpf::move(2, 10) << bpf::compute(BPF_ADD, 2, threadAt)  //
          << bpf::move(3, 10) << bpf::compute(BPF_ADD, 3, taskAt)    //
          << bpf::set(4, BPF_ANY) << bpf::call(BPF_FUNC_map_update_elem);
  lookUp(program, tasks, threadAt);
  program.jumpIf(BPF_JEQ, 0, 0, "done");

  program.label("known");
  program << bpf::move(7, 0) << bpf::store(BPF_W, 7, offsetof(Task, callNumber), 6)
          << bpf::call(BPF_FUNC_ktime_get_ns) << bpf::store(BPF_DW, 7, offsetof(Task, enteredNs), 0);
  finishProgram(program);
  return program;
}

// sys_exit(struct pt_regs *registers, long result)
bpf::Assembler returnProgram(const PidNamespace& own, const Fd& tasks, const Fd& times) {
  bpf::Assembler program;
  // First of all, so that what follows does not count as time of the call.
  program << bpf::call(BPF_FUNC_ktime_get_ns) << bpf::move(6, 0);
  takeIds(program, own);
  lookUp(program, tasks, threadAt);
  program.jumpIf(BPF_JEQ, 0, 0, "done");
  program << bpf::load(BPF_DW, 8, 0, offsetof(Task, enteredNs));
  // A call that was made before we came.
  program.jumpIf(BPF_JEQ, 8, 0, "done");
  program << bpf::storeValue(BPF_DW, 0, offsetof(Task, enteredNs), 0) << bpf::computeWith(BPF_SUB, 6, 8)
          << bpf::load(BPF_W, 1, 0, offsetof(Task, group)) << bpf::compute(BPF_LSH, 1, callNumberBits)
          << bpf::load(BPF_W, 2, 0, offsetof(Task, callNumber)) << bpf::computeWith(BPF_ADD, 1, 2)
          << bpf::store(BPF_W, 10, keyAt, 1);
  lookUp(program, times, keyAt);
  program.jumpIf(BPF_JEQ, 0, 0, "done");
  program << bpf::addAtomically(0, offsetof(Sums, sumNs), 6);

  // r1 = the place of the highest bit of r6
  program << bpf::set(1, 0);
  for (const int shift : {32, 16, 8, 4, 2, 1}) {
    const std::string next = "below " + std::to_string(shift);
    program << bpf::move(3, 6) << bpf::compute(BPF_RSH, 3, shift);
    program.jumpIf(BPF_JEQ, 3, 0, next);
    program << bpf::move(6, 3) << bpf::compute(BPF_ADD, 1, shift);
    program.label(next);
  }
  program << bpf::compute(BPF_AND, 1, 63) << bpf::compute(BPF_LSH, 1, 3) << bpf::computeWith(BPF_ADD, 0, 1)
          << bpf::set(2, 1) << bpf::addAtomically(0, offsetof(Sums, counts), 2);
  finishProgram(program);
  return program;
}

}  // namespace

SyscallTracer::SyscallTracer(const std::vector<Process>& processes)
    : groups_(bpf::createMap(BPF_MAP_TYPE_HASH, sizeof(std::uint32_t), sizeof(std::uint32_t), mostProcesses)),
      tasks_(bpf::createMap(BPF_MAP_TYPE_HASH, sizeof(std::uint32_t), sizeof(Task), mostTasks)),
      times_(bpf::createMap(BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(std::uint32_t), sizeof(Sums), mostGroups * mostCallNumbers)) {
  const PidNamespace own = pidNamespaceOf(processes.at(0).pid);
  for (const auto& [pid, group] : processes) {
    if (pidNamespaceOf(pid) != own) throw FatalError("the processes are in different PID namespaces");
    const std::uint32_t id = innerPid(pid);
    bpf::updateMap(groups_, &id, &group);
  }
  onReturn_ = bpf::attachToTracepoint(bpf::loadTracepointProgram(returnProgram(own, tasks_, times_)), "sys_exit");
  onEntry_ = bpf::attachToTracepoint(bpf::loadTracepointProgram(entryProgram(own, groups_, tasks_)), "sys_enter");
}

std::vector<SyscallTracer::Times> SyscallTracer::finish() {
  onEntry_.reset();
  onReturn_.reset();
  std::vector<Times> all;
  std::vector<Sums> ofCpus(bpf::possibleCpus());
  for (std::uint32_t key = 0; key < mostGroups * mostCallNumbers; ++key) {
    if (!bpf::lookUp(times_, &key, ofCpus.data())) continue;
    Times times{key / mostCallNumbers, key % mostCallNumbers, 0, {}};
    for (const Sums& sums : ofCpus) {
      times.sumNs += sums.sumNs;
      for (std::size_t bucket = 0; bucket < times.counts.size(); ++bucket) times.counts[bucket] += sums.counts[bucket];
    }
    if (times.sumNs > 0) all.push_back(times);
  }
  return all;
}

}  // namespace fb
