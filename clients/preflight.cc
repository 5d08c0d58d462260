#include "clients/preflight.h"

#include <string>

#include "clients/local-ports.h"
#include "clients/process-room.h"
#include "native/errors.h"
#include "native/limits.h"

namespace fb {
namespace {

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
  const auto ports = localPorts();
  if (!ports || needed <= ports->count()) return;
  throw noRoom(connections,
               "needs " + std::to_string(needed) + " local ports, the range " + std::to_string(ports->lowest) + "-" +
                   std::to_string(ports->highest) + " has " + std::to_string(ports->count()),
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
