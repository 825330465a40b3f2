#pragma once
// Commands about one volume: `sluice volume wipe default/web1.qcow2`.

#include <functional>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/outcome.h"
#include "cli/settings.h"

namespace sluice::cli {

// POOL/NAME in its two halves; a UsageError for anything else.
struct VolumePlace {
  std::string pool, name;
  static VolumePlace parse(const std::string& text);
};

// Adds the argument VOLUME, which lasts as long as the command.
inline std::shared_ptr<std::string> add_volume_argument(CLI::App& command) {
  const auto volume = std::make_shared<std::string>();
  command.add_option("volume", *volume, "POOL/NAME of the volume, or its path at the daemon")
      ->required()
      ->type_name("VOLUME");
  return volume;
}

// By POOL/NAME, or by its absolute path.
Volume find_volume(const Host& host, const std::string& text);

// An option of a number of bytes, with or without a unit: 4096, 10GiB.
CLI::Option* add_size(CLI::App& command, const std::string& name, std::uint64_t& size, const std::string& about);

}  // namespace sluice::cli
