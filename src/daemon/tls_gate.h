#pragma once
// TlsGate secures who comes through a listener before a word is heard of him. What it shows and trusts can be renewed
// while clients are connected; those stay as they came in.
//
//   TlsGate gate(credentials, clock, link::today);
//   server.listen(std::move(listener), {.role = role, .admit = [&](auto network) { return
//   gate.admit(std::move(network)); }}); gate.renew(new_credentials);                                   // from any
//   thread

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>

#include "io/clock.h"
#include "io/transport.h"
#include "secure/credentials.h"

namespace sluice::daemon {

class TlsGate {
 public:
  using Shared = std::shared_ptr<const secure::Credentials>;
  static constexpr std::chrono::seconds patience{10};  // with a client's handshake

  TlsGate(Shared credentials, io::Clock& clock, std::function<secure::UnixTime()> today)
      : credentials_(std::move(credentials)), clock_(clock), today_(std::move(today)) {}

  // On the executor of the transport. A Failure says why the client was not let in.
  io::Task<std::unique_ptr<io::Transport>> admit(std::unique_ptr<io::Transport> network);

  void renew(Shared credentials);

 private:
  Shared credentials();

  std::mutex mutex_;
  Shared credentials_;
  io::Clock& clock_;
  const std::function<secure::UnixTime()> today_;
};

}  // namespace sluice::daemon
