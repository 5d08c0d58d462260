// Incremental parser of one HTTP/1.x request (RFC 9112), fed in whatever pieces the network delivers.
// It keeps no bytes, only what an answer depends on, so a waiting connection costs about a hundred bytes of memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "servers/common/chunked-body.h"
#include "servers/common/connection-options.h"
#include "servers/common/host-value.h"
#include "servers/common/request-target.h"
#include "servers/common/transfer-codings.h"

namespace fb {

class RequestParser {
 public:
  enum class Status : std::uint8_t { incomplete, complete, rejected };

  // Takes bytes until the request is complete or rejected and returns how many; the rest belongs to the next request,
  // and after a rejection to none.
  std::size_t feed(std::string_view bytes) noexcept;

  Status status() const noexcept { return status_; }
  bool isIncomplete() const noexcept { return status_ == Status::incomplete; }

  // The status code to answer with: 200 when complete, when rejected that of an error or of a failed precondition.
  unsigned answerCode() const noexcept { return status_ == Status::rejected ? rejection_ : 200; }

  // Whether there is more of it than the empty lines that may stand before a request.
  bool hasBegun() const noexcept { return state_ > State::emptyLineEnd || !isIncomplete(); }

  // Whether its connection may bring another one (RFC 9112, 9.3): it is whole, of HTTP/1.1 or later, and does not ask for
  // the end. What HTTP/1.0 calls keep-alive is not offered.
  bool mayBeFollowed() const noexcept {
    return status_ == Status::complete && minorVersion_ >= 1 && !options_.hasClose();
  }

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
    chunks,
  };
  enum class Method : std::uint8_t { get, head, other };
  enum class Field : std::uint8_t {
    other,
    host,
    contentLength,
    transferEncoding,
    expect,
    ifMatch,
    ifNoneMatch,
    connection,
  };

  const char* takeHead(const char* at, const char* end) noexcept;
  const char* takeBody(const char* at, const char* end) noexcept;
  const char* takeChunks(const char* at, const char* end) noexcept;
  void onRequestLineByte(char byte) noexcept;
  void onVersionByte(char byte) noexcept;
  void onFieldByte(char byte) noexcept;
  void onValueByte(char byte) noexcept;
  bool takeFieldContent(char byte) noexcept;
  void endMethod() noexcept;
  void endFieldName() noexcept;
  void endField() noexcept;
  void endHead() noexcept;
  unsigned faultOfHead() const noexcept;
  bool hasBody() const noexcept;
  void remember(char byte) noexcept;
  std::string_view remembered() const noexcept;
  void reject(unsigned code) noexcept;

  std::uint64_t contentLength_ = 0;
  ChunkedBody chunks_;
  RequestTarget target_;
  HostValue host_;
  TransferCodings codings_;
  ConnectionOptions options_;
  std::uint16_t headBytes_ = 0;
  std::uint16_t rejection_ = 0;
  Status status_ = Status::incomplete;
  State state_ = State::beforeRequestLine;
  Method method_ = Method::other;
  Field field_ = Field::other;
  std::uint8_t minorVersion_ = 0;
  std::uint8_t position_ = 0;  // within a token or the version
  bool valueStarted_ = false;
  bool valueEnded_ = false;   // whitespace was seen after the value
  bool valueIsStar_ = false;  // the value is "*" so far
  bool hasHost_ = false;
  bool hasContentLength_ = false;
  bool hasTransferEncoding_ = false;
  bool hasExpect_ = false;
  bool matchFails_ = false;
  bool noneMatchFails_ = false;
  bool inTrailers_ = false;
  std::array<char, 18> token_{};  // the longest token that matters is "transfer-encoding"
};

}  // namespace fb
