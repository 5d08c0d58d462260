// Small questions and settings of a socket.
#pragma once

#include <sys/ioctl.h>
#include <sys/socket.h>

namespace fb {

// The errno of what has gone wrong with it, or 0.
inline int pendingError(int socket) noexcept {
  int error = 0;
  socklen_t length = sizeof(error);
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length);
  return error;
}

inline bool hasData(int socket) noexcept {
  int bytes = 0;
  return ::ioctl(socket, FIONREAD, &bytes) == 0 && bytes > 0;
}

template <typename Value>
bool setOption(int socket, int level, int option, const Value& value) noexcept {
  return ::setsockopt(socket, level, option, &value, sizeof value) == 0;
}

}  // namespace fb
