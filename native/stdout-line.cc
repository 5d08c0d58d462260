#include "native/stdout-line.h"

#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "native/errors.h"

namespace fb {

void writeStdoutLine(std::string text) {
  text += '\n';
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written >= 0)
      rest.remove_prefix(static_cast<std::size_t>(written));
    else if (errno != EINTR)
      throw systemError("write to standard output", errno);
  }
}

}  // namespace fb
