#pragma once
// A definition that a command reads: a file, a named pipe, or `-` for standard input.

#include <string>

namespace sluice::cli {

std::string read_text(const std::string& file);  // Failure says why it cannot be read

}  // namespace sluice::cli
