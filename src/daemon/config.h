#pragma once
// The files of sluiced: TOML, with the settings' names as keys (settings.h, sluiced.toml(5)).
//
//   read_config("/etc/sluice/sluiced.toml", Needed::no, options);    // and then /etc/sluice/sluiced.toml.d/*.toml
//
// A Failure names the file, the line and the column, and what is wrong there.

#include <string>
#include <string_view>

#include "daemon/options.h"

namespace sluice::daemon {

enum class Needed : std::uint8_t { no, yes };

// The file, if it is there or has to be, and behind it, by their names, those of the directory FILE.d. Reads files.
void read_config(const std::string& path, Needed needed, Options& options);

void parse_config(std::string_view text, const std::string& path, Options& options);

}  // namespace sluice::daemon
