// The load generator of short connections.
#include <sys/prctl.h>

#include "clients/common-start.h"
#include "clients/engine.h"
#include "clients/options.h"
#include "clients/preflight.h"
#include "clients/readiness.h"
#include "clients/result-json.h"
#include "native/signal-fd.h"
#include "native/stdout-line.h"
#include "clients/window-log.h"
#include "native/errors.h"
#include "native/program.h"

namespace {

std::string textOf(const fb::Obstacle& obstacle) { return obstacle.reason + "; " + obstacle.remedy; }

int checkEngine(const std::string& name) {
  const auto obstacle = fb::makeEngine(name)->obstacle();
  if (!obstacle) return 0;
  fb::logLine(textOf(*obstacle));
  return 1;
}

int makeLoad(const fb::Options& options, const fb::SignalFd& stop) {
  const std::string name = options.engine == fb::autoEngine ? fb::cheapestEngine() : options.engine;
  const auto engine = fb::makeEngine(name);
  if (const auto obstacle = engine->obstacle()) throw fb::UsageError("--engine " + name + ": " + textOf(*obstacle));
  fb::checkRoomFor(engine->needs(options.plan), options.plan.connections);

  // Linux may else let a timer be 50 us late, to save wake-ups.
  if (options.plan.openLoop) ::prctl(PR_SET_TIMERSLACK, 1);

  if (options.startAtUs && !fb::waitForStart(*options.startAtUs, stop)) return fb::interruptedExitCode;

  const fb::WindowLog log;
  const auto measurement = engine->run(options.plan, log, stop);
  if (!measurement) return fb::interruptedExitCode;

  fb::writeStdoutLine(fb::resultJson(name, options.plan, *measurement));
  if (const int error = measurement->tally.firstOtherError; error != 0)
    fb::logLine("some requests failed as \"other\", the first of them: " + fb::errnoText(error));
  return 0;
}

int body(int argc, char** argv) {
  const auto options = fb::parseOptions(argc, argv);
  if (!options) return 0;
  if (!options->engineToCheck.empty()) return checkEngine(options->engineToCheck);
  const fb::SignalFd stop{SIGTERM, SIGINT};
  if (options->waitReadyNs) return fb::waitUntilReady(options->plan, *options->waitReadyNs, stop);
  return makeLoad(*options, stop);
}

}  // namespace

int main(int argc, char** argv) { return fb::runProgram("shortconn", body, argc, argv); }
