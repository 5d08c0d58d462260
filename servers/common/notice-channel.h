// The channel over which a parent tells a worker that connections are waiting: four bytes a notice.
//
// By default neither end ever blocks. Where the parent's does, it can wait for a worker that, watching the channel
// edge-triggered and having missed the edge, waits for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "native/fd.h"
#include "servers/common/blocking.h"
#include "servers/common/epoll.h"

namespace fb {

struct NoticeOptions {
  enum class Channel { socketpair, pipe };
  enum class Read { one, all };

  Channel channel = Channel::socketpair;
  Blocking blocking = Blocking::no;  // the parent's end: the worker's never blocks
  Trigger trigger = Trigger::edge;   // of the worker's epoll
  Read read = Read::all;
};

class NoticeSender {
 public:
  // Only a blocking channel can be interrupted, and only a channel that does not block is ever full.
  enum class Result { sent, channelFull, interrupted, workerGone };

  NoticeSender() = default;
  NoticeSender(Fd channel, NoticeOptions::Channel kind) noexcept : channel_(std::move(channel)), kind_(kind) {}

  bool isOpen() const noexcept { return channel_.isOpen(); }
  Result send() noexcept;

 private:
  Fd channel_;
  NoticeOptions::Channel kind_{};
};

class NoticeReceiver {
 public:
  struct Taken {
    std::uint64_t notices = 0;
    bool parentGone = false;
  };

  NoticeReceiver() = default;
  NoticeReceiver(Fd channel, const NoticeOptions& options) noexcept
      : channel_(std::move(channel)), kind_(options.channel), read_(options.read) {}

  int fd() const noexcept { return channel_.get(); }
  // One notice, or all that are there, which an edge-triggered watch requires.
  Taken take() noexcept;

 private:
  ssize_t read(char* buffer, std::size_t size) noexcept;

  Fd channel_;
  NoticeOptions::Channel kind_{};
  NoticeOptions::Read read_{};
};

struct NoticeChannel {
  NoticeSender sender;
  NoticeReceiver receiver;
};

NoticeChannel openNoticeChannel(const NoticeOptions& options);

}  // namespace fb
