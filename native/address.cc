#include "native/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <new>

#include "native/errors.h"

namespace fb {

SocketAddress parseAddress(const std::string& flag, const std::string& host, std::uint16_t port) {
  SocketAddress address;
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    auto* in = new (&address.storage) sockaddr_in{};
    in->sin_family = AF_INET;
    in->sin_addr = v4;
    in->sin_port = htons(port);
    address.length = sizeof(sockaddr_in);
    address.text = host + ":" + std::to_string(port);
  } else if (::inet_pton(AF_INET6, host.c_str(), &v6) == 1) {
    auto* in6 = new (&address.storage) sockaddr_in6{};
    in6->sin6_family = AF_INET6;
    in6->sin6_addr = v6;
    in6->sin6_port = htons(port);
    address.length = sizeof(sockaddr_in6);
    address.text = "[" + host + "]:" + std::to_string(port);
  } else {
    throw badFlag(flag, host, "is not a numeric IP address", "give one such as 127.0.0.1");
  }
  return address;
}

}  // namespace fb
