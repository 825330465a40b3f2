#pragma once
// How a client shows a daemon who it is, where the daemon asks for SASL: with the name and password of a file, or of
// whoever is asked.
//
//   co_await log_in(daemon, disk, {.host = "node1.example", .strength = 256, .ask = options.ask});

#include <functional>
#include <optional>
#include <string>

#include "client/daemon.h"
#include "io/disk.h"
#include "sluice/host.h"

namespace sluice::client {

struct LoginOptions {
  std::string host;  // of the daemon, as the URI names it
  int strength = 0;  // bits of the transport's cipher
  std::optional<std::string> auth_file = {};
  std::function<std::optional<std::string>(const Question&)> ask = {};
};

// A Failure says why it is not let in; what `ask` has thrown comes as it was.
io::Task<> log_in(Daemon& daemon, io::Disk& disk, LoginOptions options);

}  // namespace sluice::client
