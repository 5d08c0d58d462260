// Closing a blocking connection whose client may still be sending.
#pragma once

#include <chrono>

#include "native/fd.h"

namespace fb {

// close() with unread data in the socket sends a reset, and a reset can destroy an answer that the client has
// not read yet. So: end our direction, read and drop what still comes until the client closes, but no longer
// than `limit`.
void closeLingering(Fd connection, std::chrono::milliseconds limit) noexcept;

}  // namespace fb
