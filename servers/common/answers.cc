#include "servers/common/answers.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>

#include "native/errors.h"

namespace fb {
namespace {

constexpr std::string_view closing = "Connection: close";
// In the place of the above, and as long: so all answers of a server have one size and one body.
constexpr std::string_view continuing = "Server: forkbench";
static_assert(closing.size() == continuing.size());

// No Date: a server that sends one must have it right, and every byte here is spoken for.
std::string successHead(std::size_t bodyBytes, std::string_view gap, std::string_view field) {
  return std::string("HTTP/1.1 200 OK\r\nContent-Length:")
      .append(gap)
      .append(std::to_string(bodyBytes))
      .append("\r\n")
      .append(field)
      .append("\r\n\r\n");
}

}  // namespace

Answers::Answers(std::size_t responseBytes)
    : success_(success(responseBytes, closing)), successInBetween_(success(responseBytes, continuing)) {
  refusals_.push_back(refusal(400, "Bad Request"));
  refusals_.push_back(notModified());
  refusals_.push_back(refusal(412, "Precondition Failed"));
  refusals_.push_back(refusal(413, "Content Too Large"));
  refusals_.push_back(refusal(414, "URI Too Long"));
  refusals_.push_back(refusal(417, "Expectation Failed"));
  refusals_.push_back(refusal(421, "Misdirected Request"));
  refusals_.push_back(refusal(431, "Request Header Fields Too Large"));
  refusals_.push_back(refusal(501, "Not Implemented"));
  refusals_.push_back(refusal(505, "HTTP Version Not Supported"));
}

// Where Content-Length grows by a digit one size can't be met (67: a body of 9 gives 66, one of 10 gives 68).
// A second blank before the number, which the grammar allows, makes up for it.
Answers::Prepared Answers::success(std::size_t responseBytes, std::string_view field) {
  for (const std::string_view gap : {" ", "  "}) {
    const std::size_t emptyHead = successHead(0, gap, field).size() - 1;
    for (std::size_t digits = 1; digits <= 8 && emptyHead + digits <= responseBytes; ++digits) {
      const std::size_t bodyBytes = responseBytes - emptyHead - digits;
      if (std::to_string(bodyBytes).size() != digits) continue;
      constexpr std::string_view filling = "forkbench";
      std::string text = successHead(bodyBytes, gap, field);
      const std::size_t headBytes = text.size();
      text.resize(headBytes + bodyBytes);
      for (std::size_t at = 0; at < bodyBytes; ++at) text[headBytes + at] = filling[at % filling.size()];
      return {200, std::move(text), headBytes};
    }
  }
  throw badFlag("--response-bytes", std::to_string(responseBytes), "can't be met",
                "give a size from " + std::to_string(smallestResponse));
}

Answers::Prepared Answers::refusal(unsigned code, std::string_view reason) {
  const std::string body = std::to_string(code).append(" ").append(reason).append("\n");
  std::string text = "HTTP/1.1 " + std::to_string(code);
  text.append(" ").append(reason).append("\r\nContent-Type: text/plain\r\nContent-Length: ");
  text.append(std::to_string(body.size())).append("\r\nConnection: close\r\n\r\n");
  const std::size_t headBytes = text.size();
  return {code, text.append(body), headBytes};
}

// It has no body, and no length either: that would be the one of the success.
Answers::Prepared Answers::notModified() {
  const std::string text = "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n";
  return {304, text, text.size()};
}

Answer Answers::answerTo(const RequestParser& request, bool isLast) const noexcept {
  const unsigned code = request.answerCode();
  const bool keepsOpen = !isLast && request.mayBeFollowed();
  const Prepared* prepared = keepsOpen ? &successInBetween_ : &success_;
  if (code != success_.code) {
    const auto found = std::find_if(refusals_.begin(), refusals_.end(),
                                    [code](const Prepared& refusal) { return refusal.code == code; });
    prepared = found != refusals_.end() ? &*found : &refusals_.front();
  }
  const std::string_view text = prepared->text;
  return {text.substr(0, prepared->headBytes), request.isHead() ? std::string_view{} : text.substr(prepared->headBytes),
          code == success_.code, keepsOpen};
}

ssize_t writeAnswer(int fd, const Answer& answer, std::size_t sent) noexcept {
  const auto rest = [](std::string_view part, std::size_t skip) {
    part.remove_prefix(skip);
    return iovec{const_cast<char*>(part.data()), part.size()};
  };
  if (sent < answer.head.size()) {
    const iovec pieces[] = {rest(answer.head, sent), rest(answer.body, 0)};
    return ::writev(fd, pieces, answer.body.empty() ? 1 : 2);
  }
  const iovec piece = rest(answer.body, sent - answer.head.size());
  return ::writev(fd, &piece, 1);
}

ssize_t sendLastAnswer(int fd, const Answer& answer, std::size_t sent) noexcept {
  return ::send(fd, answer.head.data() + sent, answer.size() - sent, MSG_MORE | MSG_NOSIGNAL);
}

}  // namespace fb
