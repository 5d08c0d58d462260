#include "probes/common/server-tasks.h"

#include <charconv>
#include <string_view>

#include "native/errors.h"
#include "native/process-tree.h"

namespace fb {
namespace {

// A look at each costs some ten microseconds.
constexpr std::size_t mostTasks = 64;

}  // namespace

void ServerTasks::find() {
  tasks_.clear();
  add(root_);
}

void ServerTasks::add(pid_t process) {
  const std::string pid = std::to_string(process);
  for (const auto& directory : entriesOf("/proc/" + pid + "/task")) {
    if (tasks_.size() >= mostTasks) return;
    try {
      tasks_.push_back({directory.string(), std::make_unique<ProcReader>((directory / "stat").string())});
    } catch (const FatalError&) {
      // Ended while we looked.
    }
  }
  for (const auto& child : childrenOf(pid)) add(std::stoi(child));
}

ServerTasks::Look ServerTasks::look() {
  Look result;
  for (const Task& task : tasks_) {
    const std::string_view stat = task.stat->read();
    // The name in parentheses may hold anything.
    const auto name = stat.rfind(')');
    if (name == std::string_view::npos || name + 2 >= stat.size()) continue;
    const char state = stat[name + 2];
    if (state == 'Z' || state == 'X') continue;
    ++result.tasks;
    if (state == 'R') ++result.runnable;
  }
  return result;
}

int ServerTasks::sleepsIn() {
  for (const Task& task : tasks_) {
    try {
      const std::string text(ProcReader(task.directory + "/syscall").read());
      int number = -1;
      std::from_chars(text.data(), text.data() + text.size(), number);
      return number;
    } catch (const FatalError&) {
      return -1;
    }
  }
  return -1;
}

}  // namespace fb
