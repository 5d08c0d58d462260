// Incremental decoder of the chunked transfer coding up to its last chunk, after which come the trailer fields
// (RFC 9112, 7.1). What the chunks hold is dropped.
#pragma once

#include <cstdint>

namespace fb {

class ChunkedBody {
 public:
  enum class Status : std::uint8_t { incomplete, lastChunkRead, malformed };

  // Takes bytes until the last chunk has been read or something is wrong, and returns where it stopped.
  const char* take(const char* at, const char* end) noexcept;

  Status status() const noexcept { return status_; }

 private:
  enum class State : std::uint8_t { sizeStart, size, blank, extension, sizeEnd, data, dataEnd, dataLineFeed };

  void onByte(char byte) noexcept;
  void onSizeByte(char byte) noexcept;
  void ignore() noexcept;
  void reject() noexcept { status_ = Status::malformed; }

  std::uint64_t size_ = 0;
  std::uint16_t ignoredBytes_ = 0;
  State state_ = State::sizeStart;
  Status status_ = Status::incomplete;
};

}  // namespace fb
