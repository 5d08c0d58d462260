#include "servers/common/server-options.h"

#include "native/errors.h"
#include "servers/common/answers.h"

namespace fb {

bool parseServerOptions(Flags& flags, ServerOptions& options, int argc, char** argv) {
  std::string positionalHost;
  std::string positionalPort;
  flags.text("--host", options.host, "Numeric address to listen on");
  flags.number<std::uint16_t>("--port", options.port, 1, 65535, "Port to listen on");
  flags.number("--backlog", options.backlog, 0, 1'000'000, "Length of the accept queue");
  flags.number("--response-bytes", options.responseBytes, Answers::smallestResponse, Answers::largestResponse,
               "Size of the whole response, header and body");
  flags.number("--work-us", options.workUs, 0u, 1'000'000u, "CPU work per request, in microseconds");
  flags.number("--defer-accept", options.deferAcceptSeconds, 0, 3600,
               "Seconds for which the kernel keeps a connection back until its client sends (TCP_DEFER_ACCEPT); 0 "
               "hands it over at once");
  flags.number("--recv-timeout-ms", options.recvTimeoutMs, 0, 3'600'000,
               "Longest wait for a client's next bytes, after which its connection is closed; 0 waits for ever");
  flags.number("--requests-per-connection", options.requestsPerConnection, 0u, 1'000'000'000u,
               "Most requests that are answered on a connection, which then is closed; 0 sets no limit");
  flags.text("--counters", options.countersFile, "File for the shared page of counters");
  flags.positional("IP", positionalHost, "Short for --host");
  flags.positional("PORT", positionalPort, "Short for --port");
  if (!flags.parse(argc, argv)) return false;

  if (flags.given("IP")) {
    if (!flags.given("PORT"))
      throw badFlag("IP", positionalHost, "has no PORT after it", "give both, as in 127.0.0.1 11111");
    if (flags.given("--host") || flags.given("--port"))
      throw badFlag("IP PORT", positionalHost + " " + positionalPort, "given together with --host or --port",
                    "use one of the two forms");
    options.host = positionalHost;
    options.port = static_cast<std::uint16_t>(parseNumber("PORT", positionalPort, 1, 65535));
  }
  if (flags.given("--counters") && options.countersFile.empty())
    throw badFlag("--counters", "", "is no file name", "name a file that may be created");
  options.address = parseAddress(flags.given("IP") ? "IP" : "--host", options.host, options.port);
  return true;
}

}  // namespace fb
