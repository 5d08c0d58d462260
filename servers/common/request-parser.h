// Incremental parser of one HTTP/1.x request (RFC 9112), fed in whatever pieces the network delivers.
// It keeps no bytes, only what an answer depends on, so a waiting connection costs a few words of memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fb {

class RequestParser {
 public:
  enum class Status : std::uint8_t { incomplete, complete, rejected };

  // Request line and header fields together, without the body.
  static constexpr std::size_t maxHeadBytes = 8192;

  // Takes bytes until the request is complete or rejected and returns how many; the rest belongs to no request
  // that will be answered.
  std::size_t feed(std::string_view bytes) noexcept;

  Status status() const noexcept { return status_; }
  bool isIncomplete() const noexcept { return status_ == Status::incomplete; }

  // The status code to answer with: 200 when complete, an error's when rejected.
  unsigned answerCode() const noexcept { return status_ == Status::rejected ? rejection_ : 200; }

  // A HEAD request's answer has no body, an error's neither.
  bool isHead() const noexcept { return method_ == Method::head; }

 private:
  enum class State : std::uint8_t {
    beforeRequestLine,
    emptyLineEnd,
    method,
    target,
    version,
    requestLineEnd,
    fieldStart,
    fieldName,
    valueStart,
    value,
    fieldEnd,
    headEnd,
    body,
  };
  enum class Method : std::uint8_t { get, head, other };
  enum class Field : std::uint8_t { other, host, contentLength, transferEncoding };
  enum class TargetForm : std::uint8_t { unknown, origin, scheme, schemeSlash, schemeSlashes, absolute, other };

  const char* parseHead(const char* at, const char* end) noexcept;
  void onRequestLineByte(char byte) noexcept;
  void onTargetByte(char byte) noexcept;
  void onVersionByte(char byte) noexcept;
  void onFieldByte(char byte) noexcept;
  void onValueByte(char byte) noexcept;
  void onHostByte(char byte) noexcept;
  void onContentLengthByte(char byte) noexcept;
  void endMethod() noexcept;
  void beginField() noexcept;
  void endFieldName() noexcept;
  void endField() noexcept;
  void endHead() noexcept;
  void remember(char byte) noexcept;
  std::string_view remembered() const noexcept;
  void reject(unsigned code) noexcept;

  std::uint64_t contentLength_ = 0;
  std::uint32_t headBytes_ = 0;
  std::uint16_t rejection_ = 0;
  Status status_ = Status::incomplete;
  State state_ = State::beforeRequestLine;
  Method method_ = Method::other;
  Field field_ = Field::other;
  TargetForm targetForm_ = TargetForm::unknown;
  std::uint8_t minorVersion_ = 0;
  std::uint8_t position_ = 0;  // within a token or the version
  bool valueStarted_ = false;
  bool valueEnded_ = false;  // whitespace was seen after the value
  bool hasHost_ = false;
  bool hasContentLength_ = false;
  bool hasTransferEncoding_ = false;
  std::array<char, 18> token_{};  // the longest token that matters is "transfer-encoding"
};

}  // namespace fb
