// Runs a program as a container without privileges would: system calls that make or join namespaces, mount, trace,
// load eBPF programs or set up io_uring fail with EPERM. usage: forbid COMMAND [ARGUMENT...]
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <vector>

#if defined(__x86_64__)
constexpr unsigned int architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned int architecture = AUDIT_ARCH_AARCH64;
#else
#error "the filter does not know this architecture"
#endif

namespace {

constexpr unsigned int namespaceFlags =
    CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;

constexpr unsigned int forbidden[] = {
    SYS_unshare,  SYS_setns,         SYS_ptrace, SYS_bpf,   SYS_mount,      SYS_umount2,      SYS_pivot_root,
    SYS_fsopen,   SYS_fsconfig,      SYS_fsmount, SYS_move_mount, SYS_open_tree,
    SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
};

sock_filter load(std::size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned int>(offset));
}

sock_filter answer(unsigned int action) { return BPF_STMT(BPF_RET | BPF_K, action); }

// Skips the next statement unless the loaded value is `value`.
sock_filter ifEqual(unsigned int value) { return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1); }

std::vector<sock_filter> makeFilter() {
  const sock_filter refuse = answer(SECCOMP_RET_ERRNO | EPERM);
  std::vector<sock_filter> filter{
      load(offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0),
      answer(SECCOMP_RET_KILL_PROCESS),
      load(offsetof(seccomp_data, nr)),
  };
  for (const unsigned int call : forbidden) filter.insert(filter.end(), {ifEqual(call), refuse});
  // Its flags are in memory, where no filter sees them: programs fall back to clone.
  filter.insert(filter.end(), {ifEqual(SYS_clone3), answer(SECCOMP_RET_ERRNO | ENOSYS)});
  filter.insert(filter.end(), {
                                  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
                                  load(offsetof(seccomp_data, args)),
                                  BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, namespaceFlags, 0, 1),
                                  refuse,
                                  answer(SECCOMP_RET_ALLOW),
                              });
  return filter;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  std::vector<sock_filter> filter = makeFilter();
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    std::perror("forbid: the filter");
    return 1;
  }
  ::execvp(argv[1], argv + 1);
  std::perror("forbid: the command");
  return 1;
}
