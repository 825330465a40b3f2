#include "cli/rate.h"

#include <charconv>
#include <limits>

namespace sluice::cli {
namespace {

std::string without_second(const std::string& text) {
  if (text == "none") return "0";
  return text.ends_with("/s") ? text.substr(0, text.size() - 2) : text;
}

// The parser takes a negative number for a very large one.
std::string complaint_about_rate(const std::string& text) {
  std::uint64_t rate = 0;
  const char* const last = text.data() + text.size();
  const auto [end, failed] = std::from_chars(text.data(), last, rate);
  const bool fits = failed == std::errc() && end == last && rate <= std::numeric_limits<std::int64_t>::max();
  return fits ? "" : "'" + text + "' is no number of bytes per second";
}

}  // namespace

CLI::Option* add_rate(CLI::App& command, const std::string& name, std::uint64_t& rate, const std::string& about) {
  // What is added last is done first.
  return command.add_option(name, rate, about)
      ->transform(CLI::AsSizeValue(true))
      ->transform(without_second)
      ->check(complaint_about_rate)
      ->type_name("RATE");
}

}  // namespace sluice::cli
