#include "clients/local-ports.h"

#include "clients/proc-file.h"

namespace fb {

std::optional<LocalPorts> localPorts() {
  const auto range = numbersIn("/proc/sys/net/ipv4/ip_local_port_range");
  if (range.size() != 2) return std::nullopt;
  return LocalPorts{range[0], range[1]};
}

std::uint32_t portRangeFor(unsigned connections) {
  const auto ports = localPorts();
  if (!ports || connections < ports->count() / 3) return 0;
  return static_cast<std::uint32_t>(ports->highest << 16 | ports->lowest);
}

}  // namespace fb
