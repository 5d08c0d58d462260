#include "probes/common/socket-diag.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "native/errors.h"

namespace fb {
namespace {

constexpr std::size_t bufferBytes = 64 * 1024;
constexpr std::uint32_t bit(int state) { return 1u << state; }
constexpr std::uint32_t allStates = 0x1fff;
constexpr const char* remedy = "the kernel needs CONFIG_INET_DIAG (the module inet_diag)";

}  // namespace

struct SocketDiag::Message : inet_diag_msg {};

SocketDiag::SocketDiag()
    : socket_(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)), buffer_(bufferBytes) {
  if (!socket_) throw systemError("open a socket to the kernel's socket tables", errno, remedy);
  acceptQueue(0);
}

AcceptQueue SocketDiag::acceptQueue(std::uint16_t port) {
  AcceptQueue queue;
  dump(bit(TCP_LISTEN), [&](const Message& socket) {
    if (ntohs(socket.id.idiag_sport) != port) return;
    ++queue.sockets;
    queue.length += socket.idiag_rqueue;
    queue.limit += socket.idiag_wqueue;
  });
  return queue;
}

StateCounts SocketDiag::states() {
  StateCounts counts{};
  dump(allStates & ~bit(TCP_TIME_WAIT) & ~bit(TCP_LISTEN), [&](const Message& socket) {
    if (socket.idiag_state < counts.size()) ++counts[socket.idiag_state];
  });
  return counts;
}

void SocketDiag::dump(std::uint32_t states, const std::function<void(const Message&)>& take) {
  // The older request, since it alone asks for IPv4 and IPv6 at once: walking the kernel's table is what costs, some
  // milliseconds where that has half a million buckets.
  struct {
    nlmsghdr header;
    inet_diag_req request;
  } ask{};
  ask.header.nlmsg_len = sizeof(ask);
  ask.header.nlmsg_type = TCPDIAG_GETSOCK;
  ask.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  ask.request.idiag_family = AF_UNSPEC;
  ask.request.idiag_states = states;
  if (::send(socket_.get(), &ask, sizeof(ask), 0) != static_cast<ssize_t>(sizeof(ask)))
    throw systemError("ask for the kernel's socket tables", errno, remedy);

  for (;;) {
    const ssize_t received = ::recv(socket_.get(), buffer_.data(), buffer_.size(), 0);
    if (received < 0) {
      if (errno == EINTR) continue;
      throw systemError("read the kernel's socket tables", errno, remedy);
    }
    std::size_t at = 0;
    while (at + sizeof(nlmsghdr) <= static_cast<std::size_t>(received)) {
      nlmsghdr header;
      std::memcpy(&header, buffer_.data() + at, sizeof(header));
      if (header.nlmsg_len < sizeof(header) || at + header.nlmsg_len > static_cast<std::size_t>(received)) break;
      const std::byte* const payload = buffer_.data() + at + NLMSG_HDRLEN;
      const std::size_t bytes = header.nlmsg_len - NLMSG_HDRLEN;
      if (header.nlmsg_type == NLMSG_DONE) return;
      if (header.nlmsg_type == NLMSG_ERROR) {
        nlmsgerr refusal{};
        std::memcpy(&refusal, payload, std::min(bytes, sizeof(refusal)));
        throw systemError("read the kernel's socket tables", -refusal.error, remedy);
      }
      if (bytes >= sizeof(inet_diag_msg)) {
        Message socket;
        std::memcpy(static_cast<inet_diag_msg*>(&socket), payload, sizeof(inet_diag_msg));
        take(socket);
      }
      at += NLMSG_ALIGN(header.nlmsg_len);
    }
  }
}

}  // namespace fb
