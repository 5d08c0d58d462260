#include "servers/common/notifier.h"

#include <utility>

namespace fb {

Notifier::Notifier(std::uint32_t workers, const NoticeOptions& options, CounterSlot& counters)
    : options_(options), counters_(counters), channels_(workers) {}

void Notifier::openChannel(std::uint32_t slot) { channel(slot) = openNoticeChannel(options_); }

void Notifier::keepSender(std::uint32_t slot) noexcept { channel(slot).receiver = NoticeReceiver(); }

// A copy of another worker's channel would hide the parent's end from that worker.
NoticeReceiver Notifier::becomeReceiver(std::uint32_t slot) noexcept {
  NoticeReceiver receiver = std::move(channel(slot).receiver);
  channels_.clear();
  return receiver;
}

void Notifier::closeChannel(std::uint32_t slot) noexcept { channel(slot) = NoticeChannel(); }

bool Notifier::notifyNext() noexcept {
  for (std::size_t tried = 0; tried < channels_.size(); ++tried) {
    NoticeSender& worker = channels_[next_].sender;
    const auto result = worker.isOpen() ? worker.send() : NoticeSender::Result::workerGone;
    if (result == NoticeSender::Result::interrupted) return false;
    next_ = next_ + 1 == channels_.size() ? 0 : next_ + 1;
    if (result == NoticeSender::Result::channelFull) counters_.eagains.add();
    if (result != NoticeSender::Result::sent) continue;
    counters_.noticesSent.add();
    break;
  }
  return true;
}

}  // namespace fb
