#include "clients/preflight.h"

#include <string>

#include "clients/process-room.h"
#include "clients/proc-file.h"
#include "native/errors.h"
#include "native/limits.h"

namespace fb {
namespace {

constexpr const char* portRangeFile = "/proc/sys/net/ipv4/ip_local_port_range";

UsageError noRoom(unsigned connections, const std::string& problem, const std::string& remedy) {
  return badFlag("--connections", std::to_string(connections), problem, remedy + ", or give fewer connections");
}

void checkDescriptors(std::uint64_t needed, unsigned connections) {
  const std::uint64_t limit = raiseOpenFileLimit();
  if (needed <= limit) return;
  throw noRoom(connections,
               "needs " + std::to_string(needed) + " open files, the hard limit is " + std::to_string(limit),
               "raise it with `ulimit -n " + std::to_string(needed) + "` as root");
}

void checkLocalPorts(std::uint64_t needed, unsigned connections) {
  const auto range = numbersIn(portRangeFile);
  if (range.size() != 2) return;
  const std::uint64_t available = range[1] - range[0] + 1;
  if (needed <= available) return;
  throw noRoom(connections,
               "needs as many local ports, the range " + std::to_string(range[0]) + "-" + std::to_string(range[1]) +
                   " has " + std::to_string(available),
               "widen it with `sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"`");
}

}  // namespace

void checkRoomFor(const Needs& needs, unsigned connections) {
  checkDescriptors(needs.descriptors, connections);
  checkLocalPorts(needs.localPorts, connections);
  if (needs.processes == 0) return;
  if (const auto shortage = shortageOfProcesses(needs.processes))
    throw noRoom(connections, shortage->problem, shortage->remedy);
}

}  // namespace fb
