// Command-line flags on top of CLI11: every refusal is a UsageError that names flag, value and remedy.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fb {

class Flags {
 public:
  explicit Flags(const std::string& description);
  ~Flags();
  Flags(const Flags&) = delete;
  Flags& operator=(const Flags&) = delete;

  // Each takes the flag ("--port"), the variable with its default, and a help text. The variables must outlive
  // the call of parse().
  template <std::integral Number>
  void number(const std::string& flag, Number& value, Number lowest, Number highest, const std::string& help) {
    static_assert(sizeof(Number) < 8 || std::signed_integral<Number>, "64-bit values are held as int64_t");
    addNumber(flag, value, lowest, highest, help,
              [&value](std::int64_t given) { value = static_cast<Number>(given); });
  }
  // Without a default: stays empty unless it is given.
  template <std::signed_integral Number>
  void number(const std::string& flag, std::optional<Number>& value, Number lowest, Number highest,
              const std::string& help) {
    addNumber(flag, value, lowest, highest, help,
              [&value](std::int64_t given) { value = static_cast<Number>(given); });
  }
  // Above 0 and up to `highest`; stays empty unless it is given.
  void positiveNumber(const std::string& flag, std::optional<double>& value, double highest, const std::string& help);
  void text(const std::string& flag, std::string& value, const std::string& help);
  void choice(const std::string& flag, std::string& value, const std::vector<std::string>& choices,
              const std::string& help);
  // By name, for choices that are no strings; `value` starts as one of them.
  template <typename Value>
  void choice(const std::string& flag, Value& value, const std::vector<std::pair<std::string, Value>>& choices,
              const std::string& help) {
    std::vector<std::string> names;
    std::string current;
    for (const auto& [name, meaning] : choices) {
      names.push_back(name);
      if (meaning == value) current = name;
    }
    addChoice(flag, current, names, help, [&value, choices](std::size_t given) { value = choices[given].second; });
  }
  void onOff(const std::string& flag, bool& value, const std::string& help) {
    choice<bool>(flag, value, {{"on", true}, {"off", false}}, help);
  }
  void toggle(const std::string& flag, bool& value, const std::string& help);

  // Positional arguments in the order of the calls, e.g. "PORT"; all are optional.
  void positional(const std::string& name, std::string& value, const std::string& help);

  // False when --help was asked for, and has been printed.
  [[nodiscard]] bool parse(int argc, char** argv);

  // Whether the flag or positional argument was on the command line.
  bool given(const std::string& name) const;

 private:
  void addNumber(const std::string& flag, std::optional<std::int64_t> current, std::int64_t lowest,
                 std::int64_t highest, const std::string& help, std::function<void(std::int64_t)> assign);
  void addChoice(const std::string& flag, const std::string& current, const std::vector<std::string>& choices,
                 const std::string& help, std::function<void(std::size_t)> assign);

  struct Parser;
  std::unique_ptr<Parser> parser_;
};

// The number that `text` is, to its last character; otherwise a UsageError that names `flag`.
std::int64_t parseNumber(const std::string& flag, const std::string& text, std::int64_t lowest,
                         std::int64_t highest);

}  // namespace fb
