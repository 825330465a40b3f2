#pragma once
// A daemon on another machine through the user's own ssh, so that his keys, agent and configuration work: ssh runs a
// small relay there (`sluice relay`, or nc where that is not installed) to the daemon's socket.
//
//   auto transport = co_await connect_ssh({.host = "node1", .socket = "/run/sluice/sluice-sock"}, disk);
//
// What ssh complains about is in the Failure. ssh asks for passwords at the terminal of this process, if it has one.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/disk.h"
#include "io/transport.h"

namespace sluice::client {

struct SshTarget {
  std::string host;
  std::optional<unsigned> port = {};
  std::string user = {};
  std::string socket = {};    // on that machine; empty: of the user there (qemu:///session)
  std::string key_file = {};  // empty: as ssh is configured
  std::string command = "ssh";
  std::string netcat = {};  // runs there instead of our relay: "nc"
  bool ask = true;          // at the terminal
  bool verify = true;       // that the host's key is known
  bool operator==(const SshTarget&) const = default;
};

io::Task<std::unique_ptr<io::Transport>> connect_ssh(SshTarget target, io::Disk& disk);

// What is run here, without the path of ssh; its last word is what is run there.
std::vector<std::string> ssh_arguments(const SshTarget& target);

}  // namespace sluice::client
