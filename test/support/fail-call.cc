// fail-call CALL ERRNO PROGRAM ARGUMENT...: runs the program under a filter of system calls, as containers have, that
// makes one of them fail: io_uring_setup, epoll_pwait2, or fdatasync, as on a disk that takes data and then says that it
// lost them.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

// 0: none of those.
unsigned numberOf(const char* name) {
  if (strcmp(name, "io_uring_setup") == 0) return SYS_io_uring_setup;
  if (strcmp(name, "epoll_pwait2") == 0) return 441;  // of all architectures; <sys/syscall.h> may be older
  return strcmp(name, "fdatasync") == 0 ? SYS_fdatasync : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const unsigned call = numberOf(argv[1]);
  if (call == 0) return 2;
  const unsigned error = static_cast<unsigned>(atoi(argv[2]));
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{sizeof filter / sizeof *filter, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    perror("seccomp");
    return 2;
  }
  execv(argv[3], argv + 3);
  perror(argv[3]);
  return 2;
}
