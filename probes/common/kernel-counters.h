// Counters of a network namespace, read again and again from files that stay open.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "native/fd.h"

namespace fb {

// A file of /proc that is read from its start each time.
class ProcReader {
 public:
  // FatalError where it can't be opened.
  explicit ProcReader(const std::string& path);
  // Valid until the next call; empty when what it told of is gone.
  std::string_view read();

 private:
  Fd fd_;
  std::vector<char> buffer_;
};

// Named values of /proc/net/snmp and /proc/net/netstat: a line of names, and below it a line of values.
class CounterFile {
 public:
  CounterFile(const std::string& path, std::string group, std::vector<std::string> names);
  // In the order of the names; 0 where the kernel has no such counter.
  std::vector<std::int64_t> read();

 private:
  ProcReader file_;
  std::string prefix_;
  std::vector<std::string> names_;
};

// /proc/net/sockstat: "TCP: inuse 5 orphan 0 tw 12 ...".
class SocketStatistics {
 public:
  SocketStatistics();
  struct Numbers {
    std::int64_t inUse = 0;
    std::int64_t timeWait = 0;
  };
  Numbers read();

 private:
  ProcReader file_;
};

}  // namespace fb
