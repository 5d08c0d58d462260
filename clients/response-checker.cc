#include "clients/response-checker.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace fb {
namespace {

constexpr std::string_view versionPrefix = "HTTP/1.";
constexpr std::string_view lastChunk = "0\r\n\r\n";

constexpr bool isDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool isBlank(char c) { return c == ' ' || c == '\t'; }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool sameIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && isBlank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

void ResponseChecker::feed(std::string_view bytes) noexcept {
  bytes_ += bytes.size();
  while (!headerDone_ && !bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const std::size_t used = newline == std::string_view::npos ? bytes.size() : newline + 1;
    headerBytes_ += used;
    takeHeaderPart(bytes.substr(0, std::min(newline, used)));
    if (newline != std::string_view::npos) endLine();
    bytes.remove_prefix(used);
  }
  if (chunked_) takeBodyPart(bytes);
}

void ResponseChecker::takeHeaderPart(std::string_view part) noexcept {
  const std::size_t fitting = std::min(part.size(), line_.size() - kept_);
  std::memcpy(line_.data() + kept_, part.data(), fitting);
  kept_ = static_cast<std::uint8_t>(kept_ + fitting);
}

void ResponseChecker::endLine() noexcept {
  std::string_view line(line_.data(), kept_);
  kept_ = 0;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (status_ == 0 && !malformed_) {
    takeStatusLine(line);
  } else if (line.empty()) {
    headerDone_ = true;
  } else {
    takeField(line);
  }
}

void ResponseChecker::takeStatusLine(std::string_view line) noexcept {
  // "HTTP/1.1 200" with or without a reason.
  const bool formed = line.size() >= 12 && line.starts_with(versionPrefix) && isDigit(line[7]) && line[8] == ' ' &&
                      std::all_of(line.begin() + 9, line.begin() + 12, isDigit) && line[9] != '0' &&
                      (line.size() == 12 || line[12] == ' ');
  if (formed)
    std::from_chars(line.data() + 9, line.data() + 12, status_);
  else
    malformed_ = true;
  endsConnection_ = formed && line[7] == '0';
}

void ResponseChecker::takeField(std::string_view line) noexcept {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    // A name longer than what is kept of a line is odd, but allowed.
    if (line.size() < line_.size()) malformed_ = true;
    return;
  }
  const std::string_view name = line.substr(0, colon);
  if (name.empty() || std::any_of(name.begin(), name.end(), isBlank)) {
    malformed_ = true;
  } else if (sameIgnoringCase(name, "content-length")) {
    takeContentLength(trimmed(line.substr(colon + 1)));
  } else if (sameIgnoringCase(name, "transfer-encoding")) {
    chunked_ = true;
  } else if (sameIgnoringCase(name, "connection")) {
    takeConnection(line.substr(colon + 1));
  }
}

void ResponseChecker::takeConnection(std::string_view value) noexcept {
  while (!value.empty()) {
    const std::size_t comma = std::min(value.find(','), value.size());
    if (sameIgnoringCase(trimmed(value.substr(0, comma)), "close")) endsConnection_ = true;
    value.remove_prefix(std::min(comma + 1, value.size()));
  }
}

void ResponseChecker::takeContentLength(std::string_view value) noexcept {
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  const bool isNumber = error == std::errc() && end == value.data() + value.size();
  if (!isNumber || (hasLength_ && length != contentLength_)) malformed_ = true;
  contentLength_ = length;
  hasLength_ = true;
}

void ResponseChecker::takeBodyPart(std::string_view part) noexcept {
  const std::size_t fresh = std::min(part.size(), tail_.size());
  std::memmove(tail_.data(), tail_.data() + fresh, tail_.size() - fresh);
  std::memcpy(tail_.data() + tail_.size() - fresh, part.data() + part.size() - fresh, fresh);
}

bool ResponseChecker::startsLikeHttp() const noexcept {
  if (status_ != 0) return true;
  const std::string_view start = versionPrefix.substr(0, kept_);
  return std::string_view(line_.data(), kept_).starts_with(start);
}

bool ResponseChecker::endsInLastChunk() const noexcept {
  return std::string_view(tail_.data(), tail_.size()) == lastChunk;
}

bool ResponseChecker::isWhole() const noexcept {
  if (!headerDone_) return false;
  return chunked_ ? endsInLastChunk() : hasLength_ && bytes_ - headerBytes_ >= contentLength_;
}

std::optional<Failure> ResponseChecker::verdict(std::uint64_t expectedBytes) const noexcept {
  if (malformed_ || !startsLikeHttp()) return Failure::malformed;
  if (!headerDone_) return Failure::closedEarly;
  if (status_ != 200) return Failure::badStatus;
  const std::uint64_t bodyBytes = bytes_ - headerBytes_;
  if (chunked_) {
    if (!endsInLastChunk()) return Failure::closedEarly;
  } else if (hasLength_) {
    if (bodyBytes < contentLength_) return Failure::closedEarly;
    if (bodyBytes > contentLength_) return Failure::wrongLength;
  }
  if (expectedBytes != 0 && bytes_ != expectedBytes) return Failure::wrongLength;
  return std::nullopt;
}

}  // namespace fb
