// The two ways in which a program ends early, each with its exit code and one line on stderr.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace fb {

// Exit code 2: the command line can't be used as it is.
class UsageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Exit code 1: the machine did not let the program do its work.
class FatalError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// "Address already in use (EADDRINUSE)"
std::string errnoText(int error);

// "--port 99999: must be at most 65535; give a number from 1 to 65535"
UsageError badFlag(std::string_view flag, std::string_view value, std::string_view problem,
                   std::string_view remedy);

// "listen on 127.0.0.1:80: Permission denied (EACCES); use a port above 1023"; remedy may be empty.
FatalError systemError(std::string_view what, int error, std::string_view remedy = "");

}  // namespace fb
