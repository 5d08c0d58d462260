// Records the microseconds that it reads from standard input in the generator's histogram and prints it as JSON, so
// that the layout can be compared with another implementation's.
#include <iostream>
#include <memory>

#include "clients/histogram.h"

int main() {
  const auto histogram = std::make_unique<fb::Histogram>();
  for (std::uint64_t us; std::cin >> us;) histogram->record(us);
  std::cout.precision(17);
  std::cout << "{\"count\":" << histogram->count() << ",\"mean\":" << histogram->meanUs()
            << ",\"max\":" << histogram->maxUs() << ",\"buckets\":[";
  const char* separator = "";
  histogram->forEachBucket([&](std::uint64_t lowestUs, std::uint64_t count) {
    std::cout << separator << '[' << lowestUs << ',' << count << ']';
    separator = ",";
  });
  std::cout << "]}\n";
}
