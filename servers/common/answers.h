// The prepared answers of a server: the one success and one for each reason not to serve a request.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "servers/common/request-parser.h"

namespace fb {

// Views into an Answers object, which must outlive it. The body follows the head in memory.
struct Answer {
  std::string_view head;
  std::string_view body;
  bool isSuccess = false;
  bool keepsOpen = false;  // it does not say "close": the connection goes on

  std::size_t size() const noexcept { return head.size() + body.size(); }
};

class Answers {
 public:
  // The smallest whole response: its header with an empty body.
  static constexpr std::int64_t smallestResponse = 57;
  static constexpr std::int64_t largestResponse = 64 << 20;

  // `responseBytes` is the size of the whole success response, header and body.
  explicit Answers(std::size_t responseBytes);

  // The answer to a request that may be followed leaves the connection open, unless it `isLast`.
  Answer answerTo(const RequestParser& request, bool isLast = true) const noexcept;

 private:
  struct Prepared {
    unsigned code;
    std::string text;
    std::size_t headBytes;
  };
  static Prepared success(std::size_t responseBytes, std::string_view field);
  static Prepared refusal(unsigned code, std::string_view reason);
  static Prepared notModified();

  Prepared success_;
  Prepared successInBetween_;  // of the same size
  std::vector<Prepared> refusals_;
};

// One writev of what is left of the answer after `sent` bytes; its return value and errno.
ssize_t writeAnswer(int fd, const Answer& answer, std::size_t sent) noexcept;

// The same with one send, whose last segment the kernel keeps back for the end of the connection to travel with it:
// for an answer after which the socket is closed at once.
ssize_t sendLastAnswer(int fd, const Answer& answer, std::size_t sent) noexcept;

}  // namespace fb
