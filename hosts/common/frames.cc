#include "hosts/common/frames.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "native/errors.h"

namespace fb {
namespace {

// A line beyond this is no request: files and input come in bodies.
constexpr std::size_t longestHead = 8u << 20;

}  // namespace

std::optional<Frame> FrameReader::next() {
  if (!incomplete_) {
    const auto end = pending_.find('\n');
    if (end == std::string::npos) {
      if (pending_.size() > longestHead) throw FatalError("a request without an end");
      return std::nullopt;
    }
    Json head = Json::parse(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
    if (!head.is_object()) throw FatalError("a request that is no JSON object");
    pending_.erase(0, end + 1);
    missing_ = head.value("bytes", std::size_t{0});
    incomplete_ = Frame{std::move(head), {}};
  }
  if (pending_.size() < missing_) return std::nullopt;
  incomplete_->body = pending_.substr(0, missing_);
  pending_.erase(0, missing_);
  return std::exchange(incomplete_, std::nullopt);
}

FrameWriter::FrameWriter(int fd) : fd_(fd) { makeNonBlocking(fd); }

void FrameWriter::line(std::string_view text) { pending_.append(text).append("\n"); }

void FrameWriter::write(Json head, std::string_view body) {
  if (!body.empty()) head["bytes"] = body.size();
  // Names of processes and what files hold need not be UTF-8.
  line(head.dump(-1, ' ', false, Json::error_handler_t::replace));
  pending_.append(body);
}

bool FrameWriter::flush() {
  std::size_t done = 0;
  while (done < pending_.size()) {
    const ssize_t written = ::write(fd_, pending_.data() + done, pending_.size() - done);
    if (written >= 0) {
      done += static_cast<std::size_t>(written);
    } else if (errno != EINTR) {
      if (errno != EAGAIN) return false;
      break;
    }
  }
  pending_.erase(0, done);
  return true;
}

void makeNonBlocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) throw systemError("set O_NONBLOCK", errno);
}

}  // namespace fb
