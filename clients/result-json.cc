#include "clients/result-json.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "native/errors.h"

namespace fb {
namespace {

using Json = nlohmann::ordered_json;

double rounded(double value) { return std::round(value * 1000) / 1000; }
double msFrom(std::uint64_t ns) { return rounded(static_cast<double>(ns) / 1e6); }

Json failuresJson(const Outcomes& outcomes) {
  Json json = Json::object();
  for (std::size_t i = 0; i < failureCount; ++i)
    if (outcomes.failed[i] > 0) json[std::string(failureNames[i])] = outcomes.failed[i];
  return json;
}

Json warmupJson(const Measurement& m) {
  return {{"durationMs", rounded(m.warmupMs)}, {"settled", m.settled ? Json(*m.settled) : Json(nullptr)}};
}

Json windowJson(const Measurement& m) {
  const auto half = [](std::uint64_t succeeded, double ms) {
    return Json{{"succeeded", succeeded}, {"durationMs", rounded(ms)}};
  };
  return {{"succeeded", m.tally.window.succeeded},
          {"failed", failuresJson(m.tally.window)},
          {"bytes", m.tally.windowBytes},
          {"firstHalf", half(m.tally.firstHalfSucceeded, m.firstHalfMs)},
          {"secondHalf",
           half(m.tally.window.succeeded - m.tally.firstHalfSucceeded, m.windowMs - m.firstHalfMs)}};
}

Json totalJson(const Measurement& m) {
  return {{"started", m.tally.started},
          {"connected", m.tally.connected},
          {"succeeded", m.tally.total.succeeded},
          {"failed", failuresJson(m.tally.total)},
          {"unanswered", m.stalledAgesNs.size()}};
}

// The largest of 0, 1, 2, 5, 10, 20, 50, ... ms that is not above the age.
std::uint64_t ageClassMs(std::uint64_t ageNs) {
  const std::uint64_t ms = ageNs / 1'000'000;
  std::uint64_t lower = 0;
  for (std::uint64_t decade = 1; decade <= ms; decade *= 10)
    for (const std::uint64_t step : {1, 2, 5})
      if (step * decade <= ms) lower = step * decade;
  return lower;
}

Json stalledJson(const Measurement& m) {
  std::map<std::uint64_t, std::uint64_t> classes;
  std::uint64_t oldest = 0;
  for (const std::uint64_t age : m.stalledAgesNs) {
    ++classes[ageClassMs(age)];
    oldest = std::max(oldest, age);
  }
  Json ages = Json::array();
  for (const auto& [lower, count] : classes) ages.push_back(Json::array({lower, count}));
  return {{"count", m.stalledAgesNs.size()},
          {"connecting", m.stalledConnecting},
          {"oldestMs", msFrom(oldest)},
          {"agesMs", ages}};
}

Json histogramJson(const Histogram& histogram) {
  Json buckets = Json::array();
  histogram.forEachBucket([&](std::uint64_t lowestUs, std::uint64_t count) {
    buckets.push_back(Json::array({lowestUs, count}));
  });
  return {{"count", histogram.count()},
          {"mean", rounded(histogram.meanUs())},
          {"max", histogram.maxUs()},
          {"buckets", buckets}};
}

const char* nameOf(ArrivalProcess arrivals) noexcept {
  return arrivals == ArrivalProcess::poisson ? "poisson" : "constant";
}

Json openLoopJson(const OpenLoopPlan& plan, const OpenLoopCounts& counts) {
  const bool isRandom = plan.arrivals == ArrivalProcess::poisson;
  return {{"rate", plan.rate},
          {"arrivals", nameOf(plan.arrivals)},
          {"seed", isRandom ? Json(plan.seed) : Json(nullptr)},
          {"planned", counts.planned},
          {"started", counts.started},
          {"waited", counts.waited},
          {"unstarted", counts.unstarted},
          {"before",
           {{"planned", counts.plannedBefore},
            {"carriedOver", counts.carriedOver},
            {"unstarted", counts.unstartedBefore}}},
          {"oldestUnstartedMs", msFrom(counts.oldestUnstartedNs)},
          {"scheduleErrorUs", histogramJson(counts.scheduleError)},
          {"waitUs", histogramJson(counts.wait)}};
}

void checkCounts(const Measurement& m) {
  const auto contradiction = [](const std::string& what) {
    return FatalError("the counts contradict each other (" + what + "); this is a bug, please report it");
  };
  if (m.tally.started != m.tally.total.all() + m.stalledAgesNs.size())
    throw contradiction("started " + std::to_string(m.tally.started) + ", ended " +
                        std::to_string(m.tally.total.all()) + ", unanswered " +
                        std::to_string(m.stalledAgesNs.size()));
  // A client that was killed can have recorded the times of a request that it did not come to count.
  if (m.lostClients == 0 && (m.timings->response.count() != m.tally.window.succeeded ||
                             m.timings->connect.count() != m.tally.window.succeeded - m.tally.windowReused))
    throw contradiction("succeeded " + std::to_string(m.tally.window.succeeded) + ", of these on open connections " +
                        std::to_string(m.tally.windowReused) + ", response times " +
                        std::to_string(m.timings->response.count()) + ", connect times " +
                        std::to_string(m.timings->connect.count()));
  if (!m.openLoop) return;
  const OpenLoopCounts& open = *m.openLoop;
  if (m.tally.started != open.started + open.plannedBefore - open.unstartedBefore)
    throw contradiction("started " + std::to_string(m.tally.started) + ", planned " +
                        std::to_string(open.planned + open.plannedBefore) + ", never started " +
                        std::to_string(open.unstarted + open.unstartedBefore));
  if (open.planned != open.started + open.unstarted || open.waited != open.wait.count() ||
      open.started != open.waited + open.scheduleError.count())
    throw contradiction("planned within the window " + std::to_string(open.planned) + ", started " +
                        std::to_string(open.started) + ", times of starts " +
                        std::to_string(open.wait.count() + open.scheduleError.count()));
}

}  // namespace

std::string resultJson(const std::string& engine, const LoadPlan& plan, const Measurement& m) {
  checkCounts(m);
  Json json{{"event", "result"},
            {"schema", 1},
            {"engine", engine},
            {"connections", plan.connections},
            {"warmup", warmupJson(m)},
            {"windowMs", rounded(m.windowMs)},
            {"window", windowJson(m)},
            {"total", totalJson(m)},
            {"stalled", stalledJson(m)},
            {"lostClients", m.lostClients},
            {"cpu", {{"userMs", rounded(m.cpu.userMs)}, {"systemMs", rounded(m.cpu.systemMs)}}},
            {"connectTimeUs", histogramJson(m.timings->connect)},
            {"responseTimeUs", histogramJson(m.timings->response)}};
  if (m.startMs) json["startMs"] = rounded(*m.startMs);
  if (plan.requestsPerConnection != 1)
    json["connectionUse"] = {{"requestsPerConnection", plan.requestsPerConnection},
                             {"reused", m.tally.reused},
                             {"windowReused", m.tally.windowReused},
                             {"reconnects", m.tally.reconnects}};
  if (m.openLoop) json["openLoop"] = openLoopJson(*plan.openLoop, *m.openLoop);
  return json.dump();
}

}  // namespace fb
