#pragma once
// SaslGate has the clients of a door show who they are by SASL (cyrus-sasl, with /etc/sasl2/sluice.conf).
//
//   SaslGate gate({.mechanisms = {"SCRAM-SHA-256"}}, disk, clock, log);
//   gate.check(0);                                                    // of a door whose transport encrypts nothing
//   service.serve(std::move(transport), {.role = role, .login = gate.logins()});
//
// Passwords are looked up on threads of the disk, in a lane of their own. Who fails too often from one place is refused
// before that (failed_logins.h); to leave in the middle is to fail. Every attempt is in the log with its outcome, but
// for those that are refused so.

#include <memory>
#include <string>
#include <vector>

#include "daemon/failed_logins.h"
#include "io/clock.h"
#include "io/disk.h"
#include "io/log.h"
#include "secure/sasl.h"
#include "service/login.h"

namespace sluice::daemon {

class SaslGate {
 public:
  static constexpr std::size_t attempts_max = 2'048;  // at once

  struct Options {
    std::string directory = {};           // of sluice.conf; empty: where cyrus looks by itself
    std::vector<std::string> mechanisms;  // that may be used
  };
  // One in a process. A Failure says what is missing. It may ask the resolver for the name of this host.
  SaslGate(Options options, const io::Disk& disk, io::Clock& clock, io::Logger log);
  SaslGate(const SaslGate&) = delete;
  SaslGate& operator=(const SaslGate&) = delete;

  // A Failure says why nobody could log in over a transport of so many bits: its mechanisms are for stronger ones.
  void check(int strength) const;
  service::NewLogin logins();  // outlived by the gate

  struct Shared;

 private:
  std::shared_ptr<Shared> shared_;  // with attempts that nobody waits for any more
};

}  // namespace sluice::daemon
