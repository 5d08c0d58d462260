// The parent's side of the channels to its workers, one for each slot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "servers/common/counter-page.h"
#include "servers/common/notice-channel.h"

namespace fb {

class Notifier {
 public:
  Notifier(std::uint32_t workers, const NoticeOptions& options, CounterSlot& counters);

  // Around the fork of a worker: open before it, then each process keeps one end.
  void openChannel(std::uint32_t slot);
  void keepSender(std::uint32_t slot) noexcept;
  NoticeReceiver becomeReceiver(std::uint32_t slot) noexcept;

  void closeChannel(std::uint32_t slot) noexcept;

  // Notifies the next worker in turn that has room for a notice; without one, nobody. False when a signal came
  // while it waited for room: look at the signals, then call again.
  [[nodiscard]] bool notifyNext() noexcept;

 private:
  NoticeChannel& channel(std::uint32_t slot) noexcept { return channels_[slot - 1]; }

  const NoticeOptions options_;
  CounterSlot& counters_;
  std::vector<NoticeChannel> channels_;
  std::size_t next_ = 0;
};

}  // namespace fb
