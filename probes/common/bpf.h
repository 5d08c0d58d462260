// eBPF maps and programs by the bpf() system call alone: no library, and no compiler where it runs.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "native/fd.h"

namespace fb {

// The instructions that our programs are written in. Registers: r0 takes results, r1 to r5 are arguments and lost by a
// call, r6 to r9 are kept, r10 is the end of the stack.
namespace bpf {

constexpr bpf_insn instruction(int code, int dst, int src, int offset, std::int32_t immediate) {
  bpf_insn made{};
  made.code = static_cast<std::uint8_t>(code);
  made.dst_reg = static_cast<std::uint8_t>(dst & 15);
  made.src_reg = static_cast<std::uint8_t>(src & 15);
  made.off = static_cast<std::int16_t>(offset);
  made.imm = immediate;
  return made;
}

constexpr bpf_insn move(int dst, int src) { return instruction(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0); }
constexpr bpf_insn set(int dst, std::int32_t value) {
  return instruction(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, value);
}
// BPF_ADD, BPF_LSH, BPF_RSH ... of 64 bits
constexpr bpf_insn compute(int operation, int dst, std::int32_t value) {
  return instruction(BPF_ALU64 | operation | BPF_K, dst, 0, 0, value);
}
constexpr bpf_insn computeWith(int operation, int dst, int src) {
  return instruction(BPF_ALU64 | operation | BPF_X, dst, src, 0, 0);
}
// BPF_W: 32 bits, BPF_DW: 64 bits
constexpr bpf_insn load(int size, int dst, int address, int offset) {
  return instruction(BPF_LDX | BPF_MEM | size, dst, address, offset, 0);
}
constexpr bpf_insn store(int size, int address, int offset, int src) {
  return instruction(BPF_STX | BPF_MEM | size, address, src, offset, 0);
}
constexpr bpf_insn storeValue(int size, int address, int offset, std::int32_t value) {
  return instruction(BPF_ST | BPF_MEM | size, address, 0, offset, value);
}
// Adds to 64 bits of memory, whoever else does so at the same time.
constexpr bpf_insn addAtomically(int address, int offset, int src) {
  return instruction(BPF_STX | BPF_ATOMIC | BPF_DW, address, src, offset, BPF_ADD);
}
constexpr bpf_insn call(int function) { return instruction(BPF_JMP | BPF_CALL, 0, 0, 0, function); }
constexpr bpf_insn end() { return instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0); }

// A program under construction. Jumps name labels, which are set afterwards: they only go forward.
class Assembler {
 public:
  Assembler& operator<<(const bpf_insn& one) {
    code_.push_back(one);
    return *this;
  }
  // Two instructions that set 64 bits.
  void setWide(int dst, std::uint64_t value) { wide(dst, 0, value); }
  void setMap(int dst, const Fd& map) { wide(dst, BPF_PSEUDO_MAP_FD, static_cast<std::uint64_t>(map.get())); }
  // BPF_JEQ, BPF_JNE, BPF_JGE (unsigned) ...
  void jumpIf(int comparison, int dst, std::int32_t value, std::string_view label);
  // Where the jumps to this label that were made until now go.
  void label(std::string_view name);

  const std::vector<bpf_insn>& code() const noexcept { return code_; }

 private:
  void wide(int dst, int kind, std::uint64_t value);

  struct Jump {
    std::size_t at;
    std::string label;
  };
  std::vector<bpf_insn> code_;
  std::vector<Jump> jumps_;
};

// Each throws FatalError with the kernel's reason.
Fd createMap(bpf_map_type type, std::uint32_t keyBytes, std::uint32_t valueBytes, std::uint32_t entries);
void updateMap(const Fd& map, const void* key, const void* value);
// False where there is no such key.
bool lookUp(const Fd& map, const void* key, void* value);
Fd loadTracepointProgram(const Assembler& program);
// Runs the program at each passage of the tracepoint for as long as the descriptor is open.
Fd attachToTracepoint(const Fd& program, const char* tracepoint);

// Values of a per-CPU map that one look-up returns.
std::size_t possibleCpus();

}  // namespace bpf
}  // namespace fb
