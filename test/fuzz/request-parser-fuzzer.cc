// libFuzzer's target for the request parser: an input is the bytes that a client sends. Besides crashes and what
// the sanitizers see it looks for requests on whose end two readers could disagree.
//
//   npm run fuzz -- --seconds 600
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "servers/common/byte-class.h"
#include "servers/common/request-limits.h"
#include "servers/common/request-parser.h"

namespace {

using fb::RequestParser;

struct Outcome {
  RequestParser::Status status;
  unsigned code;
  bool isHead;
  bool mayBeFollowed;
  std::size_t taken;

  bool operator==(const Outcome&) const = default;
};

void require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "property violated: %s\n", property);
  std::abort();
}

// Feeds the input in pieces whose sizes `nextSize` gives, and checks what must hold after each.
template <typename NextSize>
Outcome feed(std::string_view input, NextSize nextSize) {
  RequestParser parser;
  std::size_t taken = 0;
  while (taken < input.size() && parser.isIncomplete()) {
    const std::string_view piece = input.substr(taken, nextSize());
    const std::size_t now = parser.feed(piece);
    require(now <= piece.size(), "feed() takes no more than it is given");
    require(now == piece.size() || !parser.isIncomplete(), "an incomplete request takes all that it is given");
    taken += now;
  }
  const Outcome outcome{parser.status(), parser.answerCode(), parser.isHead(), parser.mayBeFollowed(), taken};
  require(parser.hasBegun() || parser.isIncomplete(), "what has ended has begun");
  require(outcome.status == RequestParser::Status::complete || !outcome.mayBeFollowed,
          "only a request that is served may be followed");
  if (!parser.isIncomplete()) {
    require(parser.feed("GET / HTTP/1.0\r\n\r\n") == 0, "a request that has ended takes nothing more");
    require(outcome == Outcome{parser.status(), parser.answerCode(), parser.isHead(), parser.mayBeFollowed(), taken}, "its answer is final");
  }
  return outcome;
}

// Sizes that look random, and are the same for the same input.
class PieceSizes {
 public:
  explicit PieceSizes(std::string_view input) {
    for (const char byte : input) state_ = (state_ ^ static_cast<unsigned char>(byte)) * 1099511628211u;
  }
  std::size_t operator()() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return 1 + (state_ >> 33) % 40;
  }

 private:
  std::uint64_t state_ = 14695981039346656037u;
};

// One line without its end; nothing when the line has none.
std::optional<std::string_view> takeLine(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = rest.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  rest.remove_prefix(end + 1);
  return line;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), fb::toLower);
  return result;
}

std::string withoutBlanks(std::string_view text) {
  std::string result(text);
  std::erase_if(result, fb::isBlank);
  return result;
}

// A second reader, as simple as can be, of requests that the parser calls complete.
struct Request {
  std::string method;
  std::size_t headBytes = 0;
  bool isAmbiguous = false;  // two fields say where it ends
  bool isOld = false;        // HTTP/1.0
  bool asksForEnd = false;   // Connection names "close"
  std::optional<std::size_t> bodyBytes;  // nothing when the input holds no whole body
};

std::optional<std::size_t> chunkedBytes(std::string_view body) {
  std::string_view rest = body;
  for (;;) {
    const auto line = takeLine(rest);
    if (!line) return std::nullopt;
    const std::uint64_t size = std::strtoull(std::string(*line).c_str(), nullptr, 16);
    if (size == 0) break;
    if (rest.size() < 2 || size > rest.size() - 2 || rest.substr(size, 2) != "\r\n") return std::nullopt;
    rest.remove_prefix(size + 2);
  }
  for (auto line = takeLine(rest); line; line = takeLine(rest))
    if (line->empty()) return body.size() - rest.size();
  return std::nullopt;
}

std::optional<Request> read(std::string_view input) {
  std::string_view rest = input;
  auto line = takeLine(rest);
  while (line && line->empty()) line = takeLine(rest);
  if (!line) return std::nullopt;
  Request request;
  request.method = line->substr(0, line->find(' '));
  request.isOld = line->ends_with("HTTP/1.0");
  std::optional<std::size_t> length;
  bool isChunked = false;
  for (line = takeLine(rest); line && !line->empty(); line = takeLine(rest)) {
    const std::string name = lower(line->substr(0, line->find(':')));
    const std::string value = withoutBlanks(line->substr(std::min(name.size() + 1, line->size())));
    if (name == "content-length") length = std::strtoull(value.c_str(), nullptr, 10);
    if (name == "transfer-encoding") isChunked = true;
    if (name == "connection") {
      std::string options = ',' + lower(line->substr(std::min(name.size() + 1, line->size()))) + ',';
      std::replace_if(options.begin(), options.end(), fb::isBlank, ',');
      if (options.find(",close,") != std::string::npos) request.asksForEnd = true;
    }
  }
  request.isAmbiguous = length.has_value() && isChunked;
  if (!line) return std::nullopt;
  request.headBytes = input.size() - rest.size();
  if (isChunked)
    request.bodyBytes = chunkedBytes(rest);
  else if (length.value_or(0) <= rest.size())
    request.bodyBytes = length.value_or(0);
  return request;
}

void checkComplete(std::string_view input, const Outcome& outcome) {
  const std::optional<Request> request = read(input);
  require(request.has_value(), "a complete request has a whole head");
  require(request->method == (outcome.isHead ? "HEAD" : "GET"), "only GET and HEAD are served");
  require(!request->isAmbiguous, "no request with two framings is served");
  require(request->bodyBytes.has_value(), "a complete request has a whole body");
  require(!outcome.mayBeFollowed || !request->isOld, "HTTP/1.0 has one request on a connection");
  require(!outcome.mayBeFollowed || !request->asksForEnd, "who asks for the end of the connection gets it");
  require(outcome.taken == request->headBytes + *request->bodyBytes, "a request ends where its framing says");
}

void checkLimit(std::string_view input, const Outcome& outcome) {
  if (input.size() < fb::maxHeadBytes) return;
  const std::optional<Request> request = read(input);
  if (request && request->headBytes <= fb::maxHeadBytes) return;
  require(outcome.status == RequestParser::Status::rejected, "a head beyond the limit is refused");
  require(outcome.taken <= fb::maxHeadBytes, "no more of a head is taken than the limit");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const Outcome whole = feed(input, [size] { return size; });
  require(whole == feed(input, [] { return std::size_t{1}; }), "byte by byte gives the same as at once");
  require(whole == feed(input, PieceSizes(input)), "pieces of any size give the same as at once");
  if (whole.status == RequestParser::Status::complete) checkComplete(input, whole);
  checkLimit(input, whole);
  return 0;
}
