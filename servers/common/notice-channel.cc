#include "servers/common/notice-channel.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "native/errors.h"

namespace fb {
namespace {

constexpr std::size_t noticeBytes = 4;

}  // namespace

NoticeChannel openNoticeChannel() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
    throw systemError("create the channel to a worker", errno);
  return {NoticeSender(Fd(ends[0])), NoticeReceiver(Fd(ends[1]))};
}

NoticeSender::Result NoticeSender::send() noexcept {
  static constexpr std::array<char, noticeBytes> notice{'c', 'o', 'n', 'n'};
  if (::send(channel_.get(), notice.data(), notice.size(), MSG_NOSIGNAL) >= 0) return Result::sent;
  return errno == EAGAIN || errno == EINTR ? Result::channelFull : Result::workerGone;
}

NoticeReceiver::Drained NoticeReceiver::drain() noexcept {
  Drained drained;
  std::array<char, 1024 * noticeBytes> buffer;
  for (;;) {
    const ssize_t received = ::recv(channel_.get(), buffer.data(), buffer.size(), 0);
    if (received > 0) {
      drained.notices += static_cast<std::size_t>(received) / noticeBytes;
      // A stream that gave less than was asked for is empty, and asking again would cost a system call.
      if (static_cast<std::size_t>(received) < buffer.size()) return drained;
    } else if (received == 0 || errno != EINTR) {
      drained.parentGone = received == 0 || errno != EAGAIN;
      return drained;
    }
  }
}

}  // namespace fb
