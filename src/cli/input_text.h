#pragma once
// A small text (a definition) out of a file, a named pipe or standard input.

#include <string>

namespace sluice::cli {

// `-` is standard input. Throws std::runtime_error that names the file; more than 4 MiB are refused.
std::string read_text(const std::string& file);

}  // namespace sluice::cli
