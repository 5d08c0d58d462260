#include "clients/window-log.h"

#include <string>

#include "native/stdout-line.h"

namespace fb {
namespace {

void writeEvent(const char* event, std::uint64_t monotonicNs) {
  writeStdoutLine(std::string(R"({"event":")") + event + R"(","monotonicNs":)" + std::to_string(monotonicNs) + "}");
}

}  // namespace

void WindowLog::started(std::uint64_t monotonicNs) const { writeEvent("windowStart", monotonicNs); }
void WindowLog::ended(std::uint64_t monotonicNs) const { writeEvent("windowEnd", monotonicNs); }

}  // namespace fb
