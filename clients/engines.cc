#include <functional>
#include <utility>

#include "clients/engine.h"
#include "clients/epoll-engine.h"
#include "clients/process-engine.h"
#include "clients/uring-engine.h"
#include "native/errors.h"

namespace fb {
namespace {

const std::vector<std::pair<std::string, std::function<std::unique_ptr<Engine>()>>> engines{
    {"uring", [] { return std::make_unique<UringEngine>(); }},
    {"epoll", [] { return std::make_unique<EpollEngine>(); }},
    {"processes", [] { return std::make_unique<ProcessEngine>(); }},
};

}  // namespace

std::vector<std::string> engineNames() {
  std::vector<std::string> names;
  for (const auto& [name, make] : engines) names.push_back(name);
  return names;
}

std::unique_ptr<Engine> makeEngine(const std::string& wanted) {
  for (const auto& [name, make] : engines)
    if (name == wanted) return make();
  throw FatalError("no engine is called " + wanted);
}

std::string cheapestEngine() {
  for (const auto& [name, make] : engines)
    if (!make()->obstacle()) return name;
  throw FatalError("no engine can be used on this machine");
}

}  // namespace fb
