#pragma once
// Target: what a connection URI means: which socket, or this process itself, and what the daemon is asked to open.

#include <optional>
#include <string>

namespace sluice::client {

struct Target {
  std::optional<std::string> socket;  // none: the host of memory in this process
  std::string name;                   // for connect_open
};

// Failure (Code::invalid_arg) says what is wrong with the URI.
Target target_of(const std::string& uri, bool read_only);

}  // namespace sluice::client
