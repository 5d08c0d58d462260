#include "probes/common/syscall-names.h"

#include <sys/syscall.h>

namespace fb {
namespace {

struct Named {
  long number;
  const char* name;
};

constexpr Named known[] = {
#include "syscall-names.inc"  // made by the Makefile
};

}  // namespace

std::string syscallName(long number) {
  for (const auto& one : known)
    if (one.number == number) return one.name;
  return "syscall " + std::to_string(number);
}

}  // namespace fb
