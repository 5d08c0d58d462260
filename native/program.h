// The frame of every program: its name in messages, its exit codes, its log.
#pragma once

#include <string_view>

namespace fb {

// Runs `body` and returns its exit code; a UsageError becomes 2 and a FatalError 1, each after one line on stderr.
int runProgram(std::string_view name, int (*body)(int argc, char** argv), int argc, char** argv);

// One line on stderr, "NAME: text", in one write so that lines of several processes don't mix.
void logLine(std::string_view text) noexcept;

}  // namespace fb
