// The channel over which a parent tells a worker that connections are waiting: four bytes a notice.
//
// Neither end ever blocks. Were the parent's to block, it could wait for a worker that, watching the channel
// edge-triggered and having missed the edge, waits for it.
#pragma once

#include <cstdint>

#include "native/fd.h"

namespace fb {

class NoticeSender {
 public:
  enum class Result { sent, channelFull, workerGone };

  NoticeSender() = default;
  explicit NoticeSender(Fd channel) noexcept : channel_(std::move(channel)) {}

  Result send() noexcept;
  void close() noexcept { channel_.reset(); }

 private:
  Fd channel_;
};

class NoticeReceiver {
 public:
  struct Drained {
    std::uint64_t notices = 0;
    bool parentGone = false;
  };

  explicit NoticeReceiver(Fd channel) noexcept : channel_(std::move(channel)) {}

  int fd() const noexcept { return channel_.get(); }
  // Takes all notices that are there, which an edge-triggered watch requires.
  Drained drain() noexcept;

 private:
  Fd channel_;
};

struct NoticeChannel {
  NoticeSender sender;
  NoticeReceiver receiver;
};

NoticeChannel openNoticeChannel();

}  // namespace fb
