#include "native/flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <iostream>

#include "native/errors.h"

namespace fb {
namespace {

std::string joined(const std::vector<std::string>& words, const char* separator) {
  std::string all;
  for (const auto& word : words) all += (all.empty() ? "" : separator) + word;
  return all;
}

// CLI11's own texts name the flag, but may have several lines.
UsageError usageErrorFrom(const CLI::ParseError& error) {
  std::string line = error.what();
  std::replace(line.begin(), line.end(), '\n', ' ');
  return UsageError(line + "; see --help");
}

double parsePositive(const std::string& flag, const std::string& text, double highest) {
  const std::string remedy = "give a number above 0 and up to " + std::to_string(static_cast<std::int64_t>(highest));
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::invalid_argument || end != text.data() + text.size())
    throw badFlag(flag, text, "is not a number", remedy);
  // The comparison is false for nan, which the standard library takes for a number.
  if (error == std::errc::result_out_of_range || !(number > 0 && number <= highest))
    throw badFlag(flag, text, "is out of range", remedy);
  return number;
}

}  // namespace

struct Flags::Parser {
  explicit Parser(const std::string& description) : app(description) {}
  CLI::App app;
};

Flags::Flags(const std::string& description) : parser_(std::make_unique<Parser>(description)) {}
Flags::~Flags() = default;

void Flags::addNumber(const std::string& flag, std::optional<std::int64_t> current, std::int64_t lowest,
                      std::int64_t highest, const std::string& help, std::function<void(std::int64_t)> assign) {
  const auto convert = [=](const std::string& given) { assign(parseNumber(flag, given, lowest, highest)); };
  auto* option = parser_->app.add_option_function<std::string>(flag, convert, help)->type_name("NUMBER");
  if (current) option->default_str(std::to_string(*current));
}

void Flags::positiveNumber(const std::string& flag, std::optional<double>& value, double highest,
                           const std::string& help) {
  const auto convert = [=, &value](const std::string& given) { value = parsePositive(flag, given, highest); };
  parser_->app.add_option_function<std::string>(flag, convert, help)->type_name("NUMBER");
}

void Flags::text(const std::string& flag, std::string& value, const std::string& help) {
  auto* option = parser_->app.add_option(flag, value, help);
  if (!value.empty()) option->capture_default_str();
}

void Flags::choice(const std::string& flag, std::string& value, const std::vector<std::string>& choices,
                   const std::string& help) {
  addChoice(flag, value, choices, help, [=, &value](std::size_t given) { value = choices[given]; });
}

void Flags::addChoice(const std::string& flag, const std::string& current, const std::vector<std::string>& choices,
                      const std::string& help, std::function<void(std::size_t)> assign) {
  const auto convert = [=](const std::string& given) {
    const auto found = std::find(choices.begin(), choices.end(), given);
    if (found == choices.end())
      throw badFlag(flag, given, "is not one of the choices", "use " + joined(choices, " or "));
    assign(static_cast<std::size_t>(found - choices.begin()));
  };
  parser_->app.add_option_function<std::string>(flag, convert, help)
      ->type_name(joined(choices, "|"))
      ->default_str(current);
}

void Flags::toggle(const std::string& flag, bool& value, const std::string& help) {
  parser_->app.add_flag(flag, value, help);
}

void Flags::positional(const std::string& name, std::string& value, const std::string& help) {
  parser_->app.add_option(name, value, help);
}

bool Flags::parse(int argc, char** argv) {
  try {
    parser_->app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::cout << parser_->app.help();
    return false;
  } catch (const CLI::ExtrasError&) {
    const auto extras = parser_->app.remaining();
    throw UsageError(joined(extras, " ") + ": not an argument of this program; see --help");
  } catch (const CLI::ParseError& error) {
    throw usageErrorFrom(error);
  }
  return true;
}

bool Flags::given(const std::string& name) const { return parser_->app.count(name) > 0; }

std::int64_t parseNumber(const std::string& flag, const std::string& text, std::int64_t lowest,
                         std::int64_t highest) {
  const std::string remedy =
      "give a whole number from " + std::to_string(lowest) + " to " + std::to_string(highest);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::invalid_argument || end != text.data() + text.size())
    throw badFlag(flag, text, "is not a whole number", remedy);
  if (error == std::errc::result_out_of_range || number < lowest || number > highest)
    throw badFlag(flag, text, "is out of range", remedy);
  return number;
}

}  // namespace fb
