#include "probes/common/bpf.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "native/errors.h"

namespace fb::bpf {
namespace {

constexpr const char* remedy =
    "run as root (in a container with --cap-add BPF --cap-add PERFMON), on Linux 5.8 or later with BPF";

// For kernels before 5.11, which count maps as locked memory.
void raiseLockedMemoryLimit() noexcept {
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  ::setrlimit(RLIMIT_MEMLOCK, &unlimited);
}

int command(bpf_cmd what, bpf_attr& attributes) noexcept {
  return static_cast<int>(::syscall(SYS_bpf, what, &attributes, sizeof attributes));
}

std::uint64_t addressOf(const void* memory) noexcept { return reinterpret_cast<std::uintptr_t>(memory); }

}  // namespace

void Assembler::jumpIf(int comparison, int dst, std::int32_t value, std::string_view label) {
  jumps_.push_back({code_.size(), std::string(label)});
  *this << instruction(BPF_JMP | comparison | BPF_K, dst, 0, 0, value);
}

void Assembler::label(std::string_view name) {
  std::erase_if(jumps_, [&](const Jump& jump) {
    if (jump.label != name) return false;
    code_[jump.at].off = static_cast<std::int16_t>(code_.size() - jump.at - 1);
    return true;
  });
}

void Assembler::wide(int dst, int kind, std::uint64_t value) {
  *this << instruction(BPF_LD | BPF_IMM | BPF_DW, dst, kind, 0, static_cast<std::int32_t>(value))
        << instruction(0, 0, 0, 0, static_cast<std::int32_t>(value >> 32));
}

Fd createMap(bpf_map_type type, std::uint32_t keyBytes, std::uint32_t valueBytes, std::uint32_t entries) {
  raiseLockedMemoryLimit();
  bpf_attr attributes{};
  attributes.map_type = type;
  attributes.key_size = keyBytes;
  attributes.value_size = valueBytes;
  attributes.max_entries = entries;
  Fd map(command(BPF_MAP_CREATE, attributes));
  if (!map) throw systemError("make an eBPF map", errno, remedy);
  return map;
}

void updateMap(const Fd& map, const void* key, const void* value) {
  bpf_attr attributes{};
  attributes.map_fd = static_cast<std::uint32_t>(map.get());
  attributes.key = addressOf(key);
  attributes.value = addressOf(value);
  attributes.flags = BPF_ANY;
  if (command(BPF_MAP_UPDATE_ELEM, attributes) != 0) throw systemError("write to an eBPF map", errno);
}

bool lookUp(const Fd& map, const void* key, void* value) {
  bpf_attr attributes{};
  attributes.map_fd = static_cast<std::uint32_t>(map.get());
  attributes.key = addressOf(key);
  attributes.value = addressOf(value);
  if (command(BPF_MAP_LOOKUP_ELEM, attributes) == 0) return true;
  if (errno == ENOENT) return false;
  throw systemError("read an eBPF map", errno);
}

Fd loadTracepointProgram(const Assembler& program) {
  static constexpr char license[] = "Dual MIT/GPL";
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
  attributes.insns = addressOf(program.code().data());
  attributes.insn_cnt = static_cast<std::uint32_t>(program.code().size());
  attributes.license = addressOf(license);
  Fd loaded(command(BPF_PROG_LOAD, attributes));
  if (loaded) return loaded;
  const int error = errno;
  // Once more for the reason of the kernel's verifier, whose last lines tell it.
  std::string said(64 * 1024, '\0');
  attributes.log_buf = addressOf(said.data());
  attributes.log_size = static_cast<std::uint32_t>(said.size());
  attributes.log_level = 1;
  const Fd again(command(BPF_PROG_LOAD, attributes));
  said.resize(said.find('\0') == std::string::npos ? said.size() : said.find('\0'));
  std::replace(said.begin(), said.end(), '\n', ' ');
  const std::string reason = said.size() > 300 ? said.substr(said.size() - 300) : said;
  throw systemError("load an eBPF program" + (reason.empty() ? "" : " (" + reason + ")"), error, remedy);
}

Fd attachToTracepoint(const Fd& program, const char* tracepoint) {
  bpf_attr attributes{};
  attributes.raw_tracepoint.name = addressOf(tracepoint);
  attributes.raw_tracepoint.prog_fd = static_cast<std::uint32_t>(program.get());
  Fd attached(command(BPF_RAW_TRACEPOINT_OPEN, attributes));
  if (!attached)
    throw systemError(std::string("attach to the tracepoint ") + tracepoint, errno,
                      "use a kernel with CONFIG_FTRACE_SYSCALLS");
  return attached;
}

std::size_t possibleCpus() {
  // "0-3" or "0,2-3"; what counts is the last.
  std::ifstream file("/sys/devices/system/cpu/possible");
  std::string text;
  if (!(file >> text)) throw FatalError("/sys/devices/system/cpu/possible can't be read");
  return std::stoul(text.substr(text.find_last_of(",-") + 1)) + 1;
}

}  // namespace fb::bpf
