// Checks one response while it arrives: its status, its framing, its length.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "clients/failure.h"

namespace fb {

class ResponseChecker {
 public:
  // The next bytes of the stream, however they were split.
  void feed(std::string_view bytes) noexcept;

  // At the end of the stream: nothing when the response was whole, had status 200 and `expectedBytes` in all
  // (0: whatever its own headers say), otherwise what was wrong with it.
  std::optional<Failure> verdict(std::uint64_t expectedBytes) const noexcept;

  // It has come to the end that its own headers set, though the stream has not.
  bool isWhole() const noexcept;

  // The server says that no further response follows on the connection, or speaks HTTP/1.0.
  bool endsConnection() const noexcept { return endsConnection_; }

  std::uint64_t bytes() const noexcept { return bytes_; }
  unsigned status() const noexcept { return status_; }  // 0: no status line yet

 private:
  void takeHeaderPart(std::string_view part) noexcept;
  void endLine() noexcept;
  void takeStatusLine(std::string_view line) noexcept;
  void takeField(std::string_view line) noexcept;
  void takeConnection(std::string_view value) noexcept;
  void takeContentLength(std::string_view value) noexcept;
  void takeBodyPart(std::string_view part) noexcept;
  bool startsLikeHttp() const noexcept;
  bool endsInLastChunk() const noexcept;

  // Of each header line only the start is kept: enough for the status and for a length of 20 digits.
  std::array<char, 64> line_{};
  std::array<char, 5> tail_{};  // the last bytes of the body, oldest first
  std::uint8_t kept_ = 0;     // characters in line_
  bool headerDone_ = false;
  bool malformed_ = false;
  bool chunked_ = false;
  bool hasLength_ = false;
  bool endsConnection_ = false;
  std::uint16_t status_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t headerBytes_ = 0;
  std::uint64_t contentLength_ = 0;
};

}  // namespace fb
