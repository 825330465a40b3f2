#pragma once
// TLS 1.3 and 1.2 as a Filter (filter.h says how one is driven), for either side of libvirt's TLS port. The handshake
// begins by itself: a client has something to send at once. After it the daemon's filter sends libvirt's one byte of
// welcome and the client's waits for it, because in TLS 1.3 only that tells a client that its certificate was liked;
// then the state is `open`.
//
//   Tls tls(credentials, {.now = now, .host = "node1.example"});
//   while (tls.state() < FilterState::open) carry(tls);          // with a limit of time, which is the caller's
//   if (tls.failure()) ...                                       // outgoing() has the alert for the peer
//   tls.peer().name                                              // C=GB,O=Probe,CN=client1
//
// Bytes are decrypted from the caller's memory into the caller's memory; by our own code each is copied once on the
// network's side, to or from OpenSSL's own buffer. A filter belongs to one thread at a time.

#include <memory>
#include <string>

#include "secure/credentials.h"
#include "secure/filter.h"
#include "secure/side.h"

namespace sluice::secure {

class Tls final : public Filter {
 public:
  struct Options {
    UnixTime now;           // at which certificates are judged
    std::string host = {};  // client: host name or IP address that the daemon's certificate must have
  };
  Tls(std::shared_ptr<const Credentials> credentials, Options options);
  Tls(Tls&&) noexcept;
  Tls& operator=(Tls&&) noexcept;
  ~Tls() override;

  Received receive(Bytes network, MutableBytes into) override;
  std::size_t encrypt(Bytes plain) override;
  Bytes outgoing() const override;
  void sent(std::size_t count) override;
  void ended() override;
  void close() override;
  FilterState state() const override;
  const std::optional<Error>& failure() const override;
  Peer peer() const override;

  std::string describe() const;  // one line: "handshaking, SSLv3/TLS read client certificate"
  struct Copied {
    std::uint64_t in, out;  // bytes copied by our code on the network's side
  };
  Copied copied() const;

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace sluice::secure
