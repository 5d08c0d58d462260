// What harness and agent say to each other: a line of JSON, and where it has "bytes" above 0 so many bytes after it.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace fb {

using Json = nlohmann::json;

struct Frame {
  Json head;
  std::string body;
};

// Puts what was read together again. FatalError where it is no frame.
class FrameReader {
 public:
  void add(std::string_view bytes) { pending_.append(bytes); }
  std::optional<Frame> next();

 private:
  std::string pending_;
  std::optional<Frame> incomplete_;
  std::size_t missing_ = 0;
};

// Keeps what a reader that is slow, or cut off, does not take: nothing here ever waits.
class FrameWriter {
 public:
  // Makes `fd` non-blocking.
  explicit FrameWriter(int fd);
  void line(std::string_view text);
  void write(Json head, std::string_view body = {});
  // Whether there is something that poll() should wait for room for.
  bool isWaiting() const noexcept { return !pending_.empty(); }
  std::size_t pendingBytes() const noexcept { return pending_.size(); }
  // False when nobody reads any more.
  bool flush();

 private:
  int fd_;
  std::string pending_;
};

// For poll() loops. FatalError where the descriptor can't be set.
void makeNonBlocking(int fd);

}  // namespace fb
