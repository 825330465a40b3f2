#pragma once
// How a client makes itself known to a daemon: in the order of libvirt's clients, with Sluice's hello beside the open.

#include <memory>
#include <optional>
#include <string>

#include "client/target.h"
#include "client/wire.h"
#include "io/clock.h"
#include "sluice/host.h"

namespace sluice::client {

struct Handshake {
  std::optional<Error> failure;
  bool connection_lost = false;            // or never made
  bool extended = false, weights = false;  // what the daemon is, and knows
};

io::Task<Handshake> shake_hands(std::shared_ptr<Wire> wire, const Target& target, const ConnectOptions& options,
                                io::Clock& clock);

}  // namespace sluice::client
