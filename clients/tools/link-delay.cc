// Carries IP packets between two network namespaces, each held for a while, as a longer link would. In both namespaces
// it has a TUN device; whoever starts it points the routes there. The devices go with the process, and the routes with
// them. Nothing is held longer than asked for but by the time that the process waits for its core: that is measured.
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "native/clock.h"
#include "native/cpu-time.h"
#include "native/errors.h"
#include "native/fd.h"
#include "native/flags.h"
#include "native/program.h"
#include "native/signal-fd.h"
#include "native/stdout-line.h"

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* tunPath = "/dev/net/tun";
constexpr std::size_t mostBytes = 1500;  // the MTU of a TUN device as it is made
constexpr int batch = 64;                // packets read before those that are due get their turn

struct Options {
  std::string peer;
  std::string device = "delay0";
  int delayUs = 0;
  int queuePackets = 4096;
};

const char* remedyOfTun(int error) {
  if (error == ENOENT || error == ENODEV || error == ENXIO) return "load the module with `modprobe tun` as root";
  return error == EACCES ? "allow it with `chmod 666 /dev/net/tun` as root" : "";
}

fb::Fd openNamespace(const std::string& path) {
  fb::Fd space(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!space) throw fb::systemError("open " + path, errno, "name the network namespace of a process that lives");
  return space;
}

void enter(const fb::Fd& space, const std::string& path) {
  if (::setns(space.get(), CLONE_NEWNET) != 0)
    throw fb::systemError("enter " + path, errno, "it takes CAP_SYS_ADMIN in the user namespace that it belongs to");
}

// In the namespace that this process is in when it is called.
fb::Fd makeDevice(const std::string& name) {
  fb::Fd device(::open(tunPath, O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!device) throw fb::systemError(std::string("open ") + tunPath, errno, remedyOfTun(errno));
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (name.size() >= sizeof(request.ifr_name))
    throw fb::badFlag("--device", name, "is too long", "give at most 15 characters");
  std::memcpy(request.ifr_name, name.c_str(), name.size() + 1);
  if (::ioctl(device.get(), TUNSETIFF, &request) != 0)
    throw fb::systemError("make the TUN device " + name, errno, "it takes CAP_NET_ADMIN in the network namespace");
  return device;
}

// One way: what has come, in its order, until it is due.
class Direction {
 public:
  Direction(int from, int to, const Options& options)
      : from_(from),
        to_(to),
        delayNs_(static_cast<std::uint64_t>(options.delayUs) * 1000),
        held_(static_cast<std::size_t>(options.queuePackets)) {}

  int from() const noexcept { return from_; }

  // Reads what is there, a batch at most; what finds no room is lost, as in any queue.
  void take() {
    Packet lost;
    for (int packets = 0; packets < batch; ++packets) {
      const bool room = count_ < held_.size();
      Packet& packet = room ? held_[(first_ + count_) % held_.size()] : lost;
      const ssize_t got = ::read(from_, packet.bytes.data(), packet.bytes.size());
      if (got <= 0) {
        if (got < 0 && errno != EAGAIN && errno != EINTR) throw fb::systemError("read from the TUN device", errno);
        return;
      }
      packet.length = static_cast<std::size_t>(got);
      packet.dueNs = fb::monotonicNs() + delayNs_;
      if (room)
        ++count_;
      else
        ++dropped_;
    }
  }

  // Passes on what is due.
  void deliver() {
    while (count_ > 0) {
      const Packet& packet = held_[first_];
      const std::uint64_t now = fb::monotonicNs();
      if (packet.dueNs > now) return;
      if (::write(to_, packet.bytes.data(), packet.length) == static_cast<ssize_t>(packet.length)) {
        ++passed_;
        bytes_ += packet.length;
      } else {
        ++refused_;  // by a device that is down, or by a kernel without memory
      }
      lateNs_ += now - packet.dueNs;
      latestNs_ = std::max(latestNs_, now - packet.dueNs);
      first_ = (first_ + 1) % held_.size();
      --count_;
    }
  }

  // When the next one is due, at the latest `otherwise`.
  std::uint64_t nextDueNs(std::uint64_t otherwise) const noexcept {
    return count_ == 0 ? otherwise : std::min(otherwise, held_[first_].dueNs);
  }

  Json result() const {
    const std::uint64_t handled = passed_ + refused_;
    return {{"passed", passed_},
            {"bytes", bytes_},
            {"dropped", dropped_},
            {"refused", refused_},
            {"heldAtEnd", count_},
            {"meanLateUs", handled == 0 ? 0 : lateNs_ / handled / 1000},
            {"mostLateUs", latestNs_ / 1000}};
  }

 private:
  struct Packet {
    std::uint64_t dueNs;
    std::size_t length;
    std::array<char, mostBytes> bytes;
  };

  int from_;
  int to_;
  std::uint64_t delayNs_;
  std::vector<Packet> held_;  // a ring
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::uint64_t passed_ = 0, bytes_ = 0, dropped_ = 0, refused_ = 0, lateNs_ = 0, latestNs_ = 0;
};

// Waits for a packet, for one that is due, or for the signal to end; false for that.
bool wait(const Direction& out, const Direction& back, const fb::SignalFd& stop) {
  constexpr std::uint64_t longestNs = 1'000'000'000;
  const std::uint64_t now = fb::monotonicNs();
  const std::uint64_t next = back.nextDueNs(out.nextDueNs(now + longestNs));
  const timespec timeout{0, static_cast<long>(next > now ? std::min(next - now, longestNs - 1) : 0)};
  pollfd waiting[] = {{stop.fd(), POLLIN, 0}, {out.from(), POLLIN, 0}, {back.from(), POLLIN, 0}};
  if (::ppoll(waiting, 3, &timeout, nullptr) < 0 && errno != EINTR) throw fb::systemError("ppoll", errno);
  return (waiting[0].revents & POLLIN) == 0;
}

int forward(const fb::Fd& here, const fb::Fd& there, const Options& options) {
  const fb::SignalFd stop{SIGTERM, SIGINT};
  // By default the kernel lets a sleep last 50 us longer, to wake fewer times.
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  Direction out(here.get(), there.get(), options);
  Direction back(there.get(), here.get(), options);
  fb::writeStdoutLine(Json{{"event", "ready"}, {"device", options.device}}.dump());
  while (wait(out, back, stop)) {
    for (Direction* direction : {&out, &back}) {
      direction->take();
      direction->deliver();
    }
  }
  const fb::CpuTime cpu = fb::ownCpuTime();
  const Json result{{"event", "result"},
                    {"delayUs", options.delayUs},
                    {"toPeer", out.result()},
                    {"fromPeer", back.result()},
                    {"cpu", {{"userMs", cpu.userMs}, {"systemMs", cpu.systemMs}}}};
  fb::writeStdoutLine(result.dump());
  return 0;
}

int body(int argc, char** argv) {
  Options options;
  fb::Flags flags("Carries packets between TUN devices in this network namespace and in another, each after a delay.");
  flags.text("--peer", options.peer, "The other network namespace, such as /proc/1234/ns/net");
  flags.text("--device", options.device, "Name of the device in both");
  flags.number("--delay-us", options.delayUs, 0, 1'000'000, "How long each packet is held, in microseconds");
  flags.number("--queue", options.queuePackets, 1, 65536, "Packets held each way; those beyond are dropped");
  if (!flags.parse(argc, argv)) return 0;
  if (options.peer.empty()) throw fb::UsageError("--peer is missing; name a network namespace: --peer /proc/PID/ns/net");
  const std::string ownPath = "/proc/self/ns/net";
  const fb::Fd own = openNamespace(ownPath);
  const fb::Fd peer = openNamespace(options.peer);
  const fb::Fd here = makeDevice(options.device);
  enter(peer, options.peer);
  const fb::Fd there = makeDevice(options.device);
  enter(own, ownPath);
  return forward(here, there, options);
}

}  // namespace

int main(int argc, char** argv) { return fb::runProgram("link-delay", body, argc, argv); }
