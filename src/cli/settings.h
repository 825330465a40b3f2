#pragma once
// What was said on the command line and in the environment for every command.

#include <sluice/host.h>

#include <string>

namespace sluice::cli {

class Interrupt;

struct Settings {
  std::string uri;  // -c, $SLUICE_URI, or by who we are
  bool read_only = false;
  bool json = false;
  std::string progress = "auto";
  Interrupt* interrupt = nullptr;

  Host connect() const;
  Host connect(Runtime runtime) const;
  Host connect(ConnectOptions options) const;  // asks at the terminal what a daemon wants to know
};

// By name, uuid or id, whichever fits first.
Domain find_machine(const Host& host, const std::string& text);
// By name or uuid.
Pool find_pool(const Host& host, const std::string& text);

}  // namespace sluice::cli
