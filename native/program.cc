#include "native/program.h"

#include <sys/uio.h>
#include <unistd.h>

#include <exception>
#include <string>

#include "native/errors.h"

namespace fb {
namespace {

std::string_view programName = "forkbench";

}  // namespace

void logLine(std::string_view text) noexcept {
  const auto piece = [](std::string_view part) {
    return iovec{const_cast<char*>(part.data()), part.size()};
  };
  const iovec pieces[] = {piece(programName), piece(": "), piece(text), piece("\n")};
  [[maybe_unused]] const ssize_t written = ::writev(STDERR_FILENO, pieces, 4);
}

int runProgram(std::string_view name, int (*body)(int, char**), int argc, char** argv) {
  programName = name;
  try {
    return body(argc, argv);
  } catch (const UsageError& error) {
    logLine(error.what());
    return 2;
  } catch (const std::exception& error) {
    logLine(error.what());
    return 1;
  }
}

}  // namespace fb
