// What the event loops of one server have in common: how they answer.
#pragma once

#include <cstdint>

#include "servers/common/answers.h"
#include "servers/common/cpu-work.h"
#include "servers/common/http-connections.h"
#include "servers/common/server-options.h"

namespace fb {

struct Service {
  Service(const ServerOptions& options, bool shortcuts)
      : answers(static_cast<std::size_t>(options.responseBytes)),
        work(options.workUs),
        rules{options.recvTimeoutMs, shortcuts, options.requestsPerConnection} {}

  const Answers answers;
  const CpuWork work;
  const ConnectionRules rules;
};

}  // namespace fb
