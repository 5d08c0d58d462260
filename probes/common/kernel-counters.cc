#include "probes/common/kernel-counters.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "native/errors.h"

namespace fb {
namespace {

// Splits off the first word.
std::string_view nextWord(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(word.size());
  return word;
}

std::string_view nextLine(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

std::int64_t numberOf(std::string_view word) {
  std::int64_t value = 0;
  std::from_chars(word.data(), word.data() + word.size(), value);
  return value;
}

}  // namespace

ProcReader::ProcReader(const std::string& path)
    : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), buffer_(std::size_t{16} * 1024) {
  if (!fd_) throw systemError("open " + path, errno);
}

std::string_view ProcReader::read() {
  std::size_t length = 0;
  for (;;) {
    const ssize_t got = ::pread(fd_.get(), buffer_.data() + length, buffer_.size() - length,
                                static_cast<off_t>(length));
    if (got <= 0) return {buffer_.data(), length};
    length += static_cast<std::size_t>(got);
    if (length == buffer_.size()) buffer_.resize(2 * buffer_.size());
  }
}

CounterFile::CounterFile(const std::string& path, std::string group, std::vector<std::string> names)
    : file_(path), prefix_(std::move(group) + ":"), names_(std::move(names)) {}

std::vector<std::int64_t> CounterFile::read() {
  std::vector<std::int64_t> values(names_.size());
  std::string_view text = file_.read();
  while (!text.empty()) {
    std::string_view titles = nextLine(text);
    if (!titles.starts_with(prefix_)) continue;
    std::string_view numbers = nextLine(text);
    nextWord(titles);
    nextWord(numbers);
    while (!titles.empty() && !numbers.empty()) {
      const std::string_view title = nextWord(titles);
      const std::string_view number = nextWord(numbers);
      const auto found = std::find(names_.begin(), names_.end(), title);
      if (found != names_.end()) values[static_cast<std::size_t>(found - names_.begin())] = numberOf(number);
    }
    break;
  }
  return values;
}

SocketStatistics::SocketStatistics() : file_("/proc/net/sockstat") {}

SocketStatistics::Numbers SocketStatistics::read() {
  Numbers numbers;
  std::string_view text = file_.read();
  while (!text.empty()) {
    std::string_view line = nextLine(text);
    if (!line.starts_with("TCP:")) continue;
    nextWord(line);
    while (!line.empty()) {
      const std::string_view name = nextWord(line);
      const std::int64_t value = numberOf(nextWord(line));
      if (name == "inuse") numbers.inUse = value;
      if (name == "tw") numbers.timeWait = value;
    }
    break;
  }
  return numbers;
}

}  // namespace fb
