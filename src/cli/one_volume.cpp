#include "cli/one_volume.h"

#include <charconv>
#include <limits>

namespace sluice::cli {
namespace {

// The parser takes a negative number for a very large one.
std::string complaint_about_size(const std::string& text) {
  std::uint64_t bytes = 0;
  const char* const last = text.data() + text.size();
  const auto [end, failed] = std::from_chars(text.data(), last, bytes);
  const bool fits = failed == std::errc() && end == last && bytes <= std::numeric_limits<std::int64_t>::max();
  return fits ? "" : "'" + text + "' is the size of no file";
}

}  // namespace

VolumePlace VolumePlace::parse(const std::string& text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == text.size()) {
    throw UsageError("a volume is named POOL/NAME, not '" + text + "'");
  }
  return {.pool = text.substr(0, slash), .name = text.substr(slash + 1)};
}

CLI::Option* add_size(CLI::App& command, const std::string& name, std::uint64_t& size, const std::string& about) {
  return command.add_option(name, size, about)
      ->transform(CLI::AsSizeValue(false))
      ->check(complaint_about_size)
      ->type_name("SIZE");
}

Volume find_volume(const Host& host, const std::string& text) {
  if (text.starts_with('/')) return host.lookup_volume_by_path(text);
  const VolumePlace place = VolumePlace::parse(text);
  return find_pool(host, place.pool).lookup(place.name);
}

}  // namespace sluice::cli
