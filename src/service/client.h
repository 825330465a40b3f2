#pragma once
// Who is at the other end of a connection, and what he may do: as long as the connection lives.

#include <optional>
#include <string>

#include "io/transport.h"
#include "remote/proc.h"

namespace sluice::service {

struct Client {
  io::Identity identity;
  remote::Role granted = remote::Role::none;  // by the socket he came through, and who he is
  remote::Role role = remote::Role::none;     // what he may do now: nothing before the open, less when opened read-only
  std::optional<std::string> uri;             // what he opened
  bool said_goodbye = false;                  // connect_close
  bool refused = false;                       // he could not show who he is

  bool may(remote::Role needed) const { return role >= needed; }
};

}  // namespace sluice::service
