// Prints when an open loop plans its requests, in nanoseconds from its start. Arguments: rate, constant or poisson, seed,
// how many.
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "clients/arrivals.h"

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const bool isPoisson = std::string_view(argv[2]) == "poisson";
  const fb::OpenLoopPlan plan{.rate = std::atof(argv[1]),
                              .arrivals = isPoisson ? fb::ArrivalProcess::poisson : fb::ArrivalProcess::constant,
                              .seed = std::strtoull(argv[3], nullptr, 10)};
  constexpr std::uint64_t startNs = 1'000'000'000'000'000;
  fb::Arrivals arrivals(plan, startNs);
  for (long left = std::atol(argv[4]); left > 0; --left) std::cout << arrivals.take() - startNs << '\n';
}
