// How much of a request is read before it is refused.
#pragma once

#include <cstddef>

namespace fb {

#ifdef FORKBENCH_FUZZING  // a fuzzer would hardly get as far as the real limits
inline constexpr std::size_t maxHeadBytes = 256;
inline constexpr std::size_t maxIgnoredChunkBytes = 64;
#else
// Request line and header fields together, without the body. The trailer fields of a chunked body may be as long.
inline constexpr std::size_t maxHeadBytes = 8192;
// Of chunk extensions and needless zeros, over the whole body.
inline constexpr std::size_t maxIgnoredChunkBytes = 8192;
#endif

}  // namespace fb
