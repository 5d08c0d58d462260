#include "hosts/common/look.h"

#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "native/clock.h"
#include "native/process-tree.h"

namespace fb {
namespace {

std::optional<std::string> textOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  // A file of /proc can be opened and then refuse to be read.
  if (file.bad()) return std::nullopt;
  return std::move(text).str();
}

// The id by which a task knows itself: another one than ours in a PID namespace.
std::string innerId(const std::string& status, const std::string& outer) {
  const auto at = status.find("\nNSpid:");
  if (at == std::string::npos) return outer;
  std::istringstream line(status.substr(at + 7, status.find('\n', at + 1) - at - 7));
  std::string id = outer;
  for (std::string next; line >> next;) id = next;
  return id;
}

std::string onlySwitches(const std::string& status) {
  const auto at = status.find("voluntary_ctxt_switches");
  return at == std::string::npos ? "" : status.substr(at);
}

// Null where it ended while we looked.
Json processAt(const std::string& pid) {
  const std::string directory = "/proc/" + pid;
  const auto stat = textOf(directory + "/stat");
  const auto status = textOf(directory + "/status");
  if (!stat || !status) return nullptr;
  Json tasks = Json::array();
  std::string schedstat, switches;
  bool isTraced = true;
  for (const auto& task : entriesOf(directory + "/task")) {
    const auto ofTask = textOf(task / "status");
    const auto times = textOf(task / "schedstat");
    if (!ofTask || !times) continue;
    schedstat += *times;
    if (!switches.empty()) switches += '\n';
    switches += onlySwitches(*ofTask);
    isTraced = isTraced && ofTask->find("\nTracerPid:\t0\n") == std::string::npos;
    tasks.push_back(std::stoi(innerId(*ofTask, task.filename())));
  }
  return {{"pid", std::stoi(pid)},    {"innerPid", std::stoi(innerId(*status, pid))},
          {"innerTasks", tasks},      {"isTraced", isTraced},
          {"stat", *stat},            {"schedstat", schedstat},
          {"switches", switches}};
}

Json treeAt(const Json& tree) {
  const auto most = tree.value("most", std::size_t{1} << 20);
  std::vector<std::string> found{std::to_string(tree.at("root").get<int>())};
  for (std::size_t at = 0; at < found.size(); ++at) {
    if (found.size() > most) return nullptr;
    for (auto& child : childrenOf(found[at])) found.push_back(std::move(child));
  }
  Json processes = Json::array();
  for (const auto& pid : found)
    if (Json process = processAt(pid); !process.is_null()) processes.push_back(std::move(process));
  return processes;
}

}  // namespace

Json clocks() {
  return {{"monotonicUs", monotonicNs() / 1000}, {"unixUs", realtimeUs()}};
}

Json lookAt(const Json& request) {
  Json result = clocks();
  Json files = Json::array(), trees = Json::array();
  for (const auto& path : request.at("files")) {
    const auto text = textOf(path.get<std::string>());
    files.push_back(text ? Json(*text) : Json(nullptr));
  }
  for (const auto& tree : request.at("trees")) trees.push_back(treeAt(tree));
  result["files"] = std::move(files);
  result["trees"] = std::move(trees);
  return result;
}

}  // namespace fb
