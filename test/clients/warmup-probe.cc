// Lets the generator's warm-up look at counts that it reads from standard input, so that it can be tried without a
// server and without a clock. Input: the shortest and the longest warm-up in milliseconds, then for each look the time in
// milliseconds and how many requests were answered until then. Prints "AT SETTLED" for the look that ends it, AT in
// milliseconds; nothing where none does.
#include <iostream>

#include "clients/warmup.h"

int main() {
  std::uint64_t shortestMs = 0;
  std::uint64_t longestMs = 0;
  std::cin >> shortestMs >> longestMs;
  fb::LoadPlan plan{};
  plan.warmupNs = shortestMs * 1'000'000;
  plan.warmupLimitNs = longestMs * 1'000'000;
  fb::Warmup warmup(plan, 0);
  std::uint64_t atMs = 0;
  std::uint64_t answered = 0;
  while (std::cin >> atMs >> answered) {
    const std::uint64_t now = atMs * 1'000'000;
    if (now < warmup.nextLookNs() || !warmup.endsAt(now, answered)) continue;
    fb::Measurement measurement;
    warmup.writeTo(measurement, now);
    std::cout << measurement.warmupMs << ' '
              << (!measurement.settled ? "fixed" : *measurement.settled ? "settled" : "unsettled") << '\n';
    return 0;
  }
}
