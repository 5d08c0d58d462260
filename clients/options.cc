#include "clients/options.h"

#include <algorithm>

#include "clients/engine.h"
#include "native/errors.h"
#include "native/flags.h"

namespace fb {
namespace {

constexpr std::int64_t longestMs = 86'400'000;
constexpr std::uint64_t nsPerMs = 1'000'000;
constexpr double highestRate = 1'000'000;

// Steep enough to start 5000 connections a second, and yet no burst of SYNs.
constexpr std::uint64_t rampPerConnectionNs = 200'000;

// In the order of the enumerators.
const std::vector<std::string> closeNames{"server", "client", "reset"};

void checkPath(const std::string& path) {
  const bool printable = std::all_of(path.begin(), path.end(), [](char c) { return c > ' ' && c < 127; });
  if (!path.starts_with('/') || !printable)
    throw badFlag("--path", path, "is not the path of a URL", "start it with / and encode blanks as %20");
}

std::uint64_t ramp(std::optional<std::int64_t> givenMs, const LoadPlan& plan) {
  if (!givenMs) return std::min<std::uint64_t>(plan.warmupNs, plan.connections * rampPerConnectionNs);
  const std::uint64_t ns = static_cast<std::uint64_t>(*givenMs) * nsPerMs;
  if (ns > plan.warmupNs)
    throw badFlag("--ramp-ms", std::to_string(*givenMs), "is longer than the warm-up",
                  "raise --warmup-ms to it, so that the window starts with all connections");
  return ns;
}

std::optional<OpenLoopPlan> openLoop(const Flags& flags, std::optional<double> rate, ArrivalProcess arrivals,
                                     std::int64_t seed) {
  if (!rate) {
    for (const char* flag : {"--arrivals", "--arrival-seed"})
      if (flags.given(flag))
        throw UsageError(std::string(flag) + " means nothing to a closed loop; give --rate too, or leave it out");
    return std::nullopt;
  }
  if (flags.given("--ramp-ms"))
    throw UsageError("--ramp-ms means nothing with --rate, which says when requests start; leave one of them out");
  if (arrivals == ArrivalProcess::constant && flags.given("--arrival-seed"))
    throw UsageError("--arrival-seed means nothing to constant arrivals; use --arrivals poisson, or leave it out");
  return OpenLoopPlan{.rate = *rate, .arrivals = arrivals, .seed = static_cast<std::uint64_t>(seed)};
}

std::uint64_t warmupLimit(std::optional<std::int64_t> givenMs, const LoadPlan& plan) {
  if (!givenMs) return plan.warmupNs;
  const std::uint64_t ns = static_cast<std::uint64_t>(*givenMs) * nsPerMs;
  if (ns < plan.warmupNs)
    throw badFlag("--warmup-limit-ms", std::to_string(*givenMs), "is shorter than the warm-up",
                  "raise it to --warmup-ms at least, or leave it out");
  return ns;
}

}  // namespace

std::optional<Options> parseOptions(int argc, char** argv) {
  Options options;
  LoadPlan& plan = options.plan;
  options.engine = autoEngine;
  std::vector<std::string> engineChoices = engineNames();
  engineChoices.insert(engineChoices.begin(), autoEngine);
  std::string close = closeNames.front();
  std::string host = "127.0.0.1";
  std::uint16_t port = 11111;
  std::int64_t warmupMs = 500, durationMs = 3000, drainMs = 500, expectBytes = 0;
  std::int64_t sendDelayMs = 0, readRate = 0;
  std::optional<double> rate;
  ArrivalProcess arrivals = ArrivalProcess::constant;
  std::int64_t arrivalSeed = 1;  // always the same one, so that a run can be repeated
  std::optional<std::int64_t> warmupLimitMs, rampMs, waitReadyMs, startAtUs;

  Flags flags(
      "HTTP load of short connections: one request each unless told otherwise, read to its end and checked. One follows\n"
      "the other on each connection (a closed loop), or they start at a fixed rate (--rate, an open loop).\n"
      "Prints one JSON object per line: windowStart, windowEnd and, as the last, the result.");
  flags.choice("--engine", options.engine, engineChoices,
               "uring, epoll: one thread; processes: one blocking process per connection, as webbench 1.5; auto: uring "
               "where the machine allows it, else epoll");
  flags.text("--host", host, "Numeric address of the server");
  flags.number<std::uint16_t>("--port", port, 1, 65535, "Port of the server");
  flags.number<unsigned>("--connections", plan.connections, 1, 60'000,
                         "Requests kept in flight; with --rate the most that are in flight");
  flags.positiveNumber("--rate", rate, highestRate,
                       "Requests a second, which start at planned times whatever became of others; response times count "
                       "from there. With uring and epoll only");
  flags.choice<ArrivalProcess>("--arrivals", arrivals,
                               {{"constant", ArrivalProcess::constant}, {"poisson", ArrivalProcess::poisson}},
                               "constant: equal gaps between the starts; poisson: random ones, as many users make them");
  flags.number<std::int64_t>("--arrival-seed", arrivalSeed, 0, INT64_MAX, "Of the gaps of --arrivals poisson");
  flags.number<std::int64_t>("--warmup-ms", warmupMs, 0, longestMs, "Load before the measured window");
  flags.number<std::int64_t>("--warmup-limit-ms", warmupLimitMs, 0, longestMs,
                             "Longest load before the window: from --warmup-ms on it ends when the rate is steady "
                             "(default: --warmup-ms, a fixed warm-up, as it always is with processes)");
  flags.number<std::int64_t>("--duration-ms", durationMs, 1, longestMs, "Length of the measured window");
  flags.number<std::int64_t>("--drain-ms", drainMs, 0, longestMs,
                             "Time for requests in flight after the window; with processes the alarm ends them");
  flags.number<std::int64_t>("--ramp-ms", rampMs, 0, longestMs,
                             "Time over which the connections are opened (default: 0.2 ms each, at most the warm-up)");
  flags.text("--path", plan.path, "Path of the URL");
  flags.number<std::int64_t>("--expect-bytes", expectBytes, 0, INT64_MAX,
                             "Size of a whole response; 0: whatever its Content-Length says");
  flags.number<std::int64_t>("--send-delay", sendDelayMs, 0, longestMs,
                             "Milliseconds between the handshake and the request");
  flags.number<std::int64_t>("--read-rate", readRate, 0, INT32_MAX,
                             "Most bytes a second that each connection reads, with a small receive buffer; 0: no limit");
  flags.number("--requests-per-connection", plan.requestsPerConnection, 0u, 1'000'000'000u,
               "Requests on a connection, one after the other, before it makes way for a new one; 0: as many as the "
               "server answers. With uring and epoll only");
  flags.choice("--close", close, closeNames,
               "server: read to the end of the stream, then close; client: close as soon as the whole response is "
               "there; reset: the same with a reset");
  flags.number<std::int64_t>("--start-at-us", startAtUs, 0, INT64_MAX,
                             "Start at this moment, in microseconds since 1970 (CLOCK_REALTIME), together with load from "
                             "other machines (default: at once)");
  flags.choice("--check-engine", options.engineToCheck, engineNames(),
               "Make no load: exit code 0 if the engine can be used here, 1 after the reason and a remedy");
  flags.number<std::int64_t>("--wait-ready-ms", waitReadyMs, 0, longestMs,
                             "Make no load: wait this long for one response with status 200");
  if (!flags.parse(argc, argv)) return std::nullopt;

  if (options.engine == "processes") {
    if (rate)
      throw UsageError("--rate can't be kept by --engine processes, whose clients wait for their responses; "
                       "use --engine uring or epoll");
    for (const char* flag : {"--ramp-ms", "--send-delay", "--read-rate", "--close", "--requests-per-connection"})
      if (flags.given(flag))
        throw UsageError(std::string(flag) + " means nothing to --engine processes; leave it out");
  }

  plan.server = parseAddress("--host", host, port);
  checkPath(plan.path);
  plan.warmupNs = static_cast<std::uint64_t>(warmupMs) * nsPerMs;
  plan.warmupLimitNs = warmupLimit(warmupLimitMs, plan);
  plan.durationNs = static_cast<std::uint64_t>(durationMs) * nsPerMs;
  plan.drainNs = static_cast<std::uint64_t>(drainMs) * nsPerMs;
  plan.openLoop = openLoop(flags, rate, arrivals, arrivalSeed);
  plan.rampNs = ramp(rampMs, plan);
  plan.expectedBytes = static_cast<std::uint64_t>(expectBytes);
  plan.sendDelayNs = static_cast<std::uint64_t>(sendDelayMs) * nsPerMs;
  plan.readRate = static_cast<std::uint64_t>(readRate);
  plan.close = static_cast<Close>(std::find(closeNames.begin(), closeNames.end(), close) - closeNames.begin());
  if (startAtUs) options.startAtUs = static_cast<std::uint64_t>(*startAtUs);
  if (waitReadyMs) options.waitReadyNs = static_cast<std::uint64_t>(*waitReadyMs) * nsPerMs;
  return options;
}

}  // namespace fb
