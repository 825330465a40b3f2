#pragma once
// Rates on the command line: 50MB/s, 20MiB/s, 1000 (bytes per second), or none.

#include <cstdint>
#include <string>

#include "cli/commands.h"

namespace sluice::cli {

// Bytes per second; 0 is none.
CLI::Option* add_rate(CLI::App& command, const std::string& name, std::uint64_t& rate, const std::string& about);

}  // namespace sluice::cli
