#pragma once
// How a machine is named on the command line: by name, else by uuid, else by the number of a running one.

#include <sluice/host.h>

#include <string>

namespace sluice::cli {

// Throws Failure (Code::no_domain) that names what was looked for.
Domain find_machine(const Host& host, const std::string& called);

}  // namespace sluice::cli
