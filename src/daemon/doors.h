#pragma once
// The doors through which clients come: unix sockets, TCP, and TLS, as the options say.
//
//   Doors doors(options, disk, clock, log);
//   co_await doors.open(server);                   // everything else is ready: who is let in finds everything there
//   co_await doors.renew();                        // certificates that were changed count for those who come next

#include <memory>
#include <optional>

#include "daemon/options.h"
#include "daemon/sasl_gate.h"
#include "daemon/server.h"
#include "daemon/tls_gate.h"
#include "io/disk.h"
#include "link/certificates.h"

namespace sluice::daemon {

class Doors {
 public:
  Doors(const Options& options, io::Disk& disk, io::Clock& clock, io::Logger log)
      : options_(options), rules_(options.rules), disk_(disk), clock_(clock), log_(std::move(log)) {}

  // On the executor of the server, which does not outlive this. A Failure says which one cannot be opened, and why.
  io::Task<> open(Server& server);

  // What is wrong with the new certificates is logged, and the old ones stay.
  io::Task<> renew();

 private:
  io::Task<link::DaemonCredentials> credentials() const;
  std::function<remote::Role(const io::Identity&)> role_at(remote::Role door) const;
  void open_sockets(Server& server, const io::Executor& executor);
  void open_tcp(Server& server, const io::Executor& executor);
  io::Task<> open_tls(Server& server);

  const Options& options_;
  const Rules rules_;
  io::Disk& disk_;
  io::Clock& clock_;
  const io::Logger log_;
  std::optional<TlsGate> gate_;
  std::optional<SaslGate> sasl_;
  bool revokes_ = false;  // it has a revocation list
};

// What the daemon shows with TLS, and whom it lets in. Reads files. A Failure says what is wrong with them.
link::DaemonCredentials daemon_credentials(const Options& options);

// A Failure says at which door nobody could log in.
void check_doors(const SaslGate& sasl, const Options& options);

// The group that may use the system's sockets, if there is one.
std::optional<gid_t> sluice_group();

}  // namespace sluice::daemon
