#include "servers/common/notice-channel.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "native/errors.h"

namespace fb {
namespace {

using Channel = NoticeOptions::Channel;

constexpr std::size_t noticeBytes = 4;

struct Ends {
  Fd reading;
  Fd writing;
};

Ends openEnds(Channel kind) {
  int ends[2];
  const int failed = kind == Channel::pipe ? ::pipe2(ends, O_NONBLOCK | O_CLOEXEC)
                                           : ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends);
  if (failed != 0) throw systemError("create the channel to a worker", errno);
  return {Fd(ends[0]), Fd(ends[1])};
}

}  // namespace

NoticeChannel openNoticeChannel(const NoticeOptions& options) {
  Ends ends = openEnds(options.channel);
  if (options.blocking == Blocking::yes) {
    const int flags = ::fcntl(ends.writing.get(), F_GETFL);
    if (flags < 0 || ::fcntl(ends.writing.get(), F_SETFL, flags & ~O_NONBLOCK) != 0)
      throw systemError("make the channel to a worker block", errno);
  }
  return {NoticeSender(std::move(ends.writing), options.channel), NoticeReceiver(std::move(ends.reading), options)};
}

NoticeSender::Result NoticeSender::send() noexcept {
  static constexpr std::array<char, noticeBytes> notice{'c', 'o', 'n', 'n'};
  const ssize_t written = kind_ == Channel::pipe ? ::write(channel_.get(), notice.data(), notice.size())
                                                 : ::send(channel_.get(), notice.data(), notice.size(), MSG_NOSIGNAL);
  if (written >= 0) return Result::sent;
  if (errno == EINTR) return Result::interrupted;
  return errno == EAGAIN ? Result::channelFull : Result::workerGone;
}

ssize_t NoticeReceiver::read(char* buffer, std::size_t size) noexcept {
  return kind_ == Channel::pipe ? ::read(channel_.get(), buffer, size) : ::recv(channel_.get(), buffer, size, 0);
}

NoticeReceiver::Taken NoticeReceiver::take() noexcept {
  Taken taken;
  std::array<char, 1024 * noticeBytes> buffer;
  const std::size_t atOnce = read_ == NoticeOptions::Read::one ? noticeBytes : buffer.size();
  for (;;) {
    const ssize_t received = read(buffer.data(), atOnce);
    if (received > 0) {
      taken.notices += static_cast<std::size_t>(received) / noticeBytes;
      // A stream that gave less than was asked for is empty, and asking again would cost a system call.
      if (read_ == NoticeOptions::Read::one || static_cast<std::size_t>(received) < atOnce) return taken;
    } else if (received == 0 || errno != EINTR) {
      taken.parentGone = received == 0 || errno != EAGAIN;
      return taken;
    }
  }
}

}  // namespace fb
