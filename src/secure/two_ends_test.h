#pragma once
// Two filters back to back in memory, and the carrying between them in any split; and a peer made of bare OpenSSL for
// what our own filter never does.
//
//   World world;                                     // a CA, a daemon's and a client's credentials
//   TwoEnds two(world.daemon(), world.client());
//   two.carry();                                     // until nothing moves any more

#include <functional>
#include <random>

#include "secure/laboratory_test.h"
#include "secure/tls.h"

namespace sluice::secure {

using laboratory::Authority;
using laboratory::Issued;
using laboratory::now;
using Shared = std::shared_ptr<const Credentials>;

inline const char* const host = "node1.example";

// What is needed for two ends that like each other; a test changes what it is about.
struct World {
  Authority ca{{.name = "CN=Laboratory CA"}};
  Issued server = ca.issue({.name = "O=Probe,CN=node1",
                            .usage = "critical,digitalSignature,keyEncipherment",
                            .extended = "serverAuth",
                            .hosts = "DNS:node1.example,IP:127.0.0.1"});
  Issued user =
      ca.issue({.name = "C=GB,O=Probe,CN=client1", .usage = "digitalSignature", .extended = "clientAuth", .serial = 7});

  DaemonFiles daemon_files() const { return {.authorities = ca.file(), .certificates = {server.files()}}; }
  ClientFiles client_files() const { return {.authorities = ca.file(), .certificate = user.files()}; }
  Shared daemon() const { return Credentials::daemon(daemon_files(), now).value(); }
  Shared client() const { return Credentials::client(client_files(), now).value(); }
};

// How many bytes go at once: all of them, one, or as a seed says.
using Split = std::function<std::size_t()>;
inline Split whole() {
  return [] { return std::size_t{1} << 20; };
}
inline Split pieces(std::size_t size) {
  return [size] { return size; };
}
inline Split at_random(std::uint32_t seed) {
  return [engine = std::mt19937(seed)]() mutable {
    const unsigned scale = engine() % 15;
    return std::size_t{1} + engine() % (1u << scale);
  };
}

inline void append(Buffer& to, Bytes bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

// Takes what waits to be sent.
inline Buffer taken_from(Filter& filter, const Split& split = whole()) {
  Buffer out;
  while (!filter.outgoing().empty()) {
    const Bytes part = filter.outgoing().first(std::min(split(), filter.outgoing().size()));
    append(out, part);
    filter.sent(part.size());
  }
  return out;
}

struct End {
  Tls tls;
  Buffer plain = {};          // what came
  std::uint64_t network = 0;  // bytes that were used

  // Gives it these bytes; they come in pieces, and so does the memory for what is in them.
  void take(Bytes bytes, const Split& split = whole()) {
    for (;;) {
      const Bytes part = bytes.first(std::min(split(), bytes.size()));
      Buffer into(split());
      const auto [used, gained] = tls.receive(part, into);
      append(plain, Bytes(into).first(gained));
      bytes = bytes.subspan(used);
      network += used;
      if (bytes.empty() && gained == 0) return;
      if (used == 0 && gained == 0 && !tls.outgoing().empty()) return;  // wants to send first
    }
  }
  void write(Bytes bytes, const std::function<void()>& carry) {
    while (!bytes.empty()) {
      bytes = bytes.subspan(tls.encrypt(bytes));
      carry();
    }
  }
};

struct TwoEnds {
  TwoEnds(Shared daemons, Shared clients, Tls::Options options = {.now = now, .host = host})
      : daemon{Tls(std::move(daemons), {.now = options.now})}, client{Tls(std::move(clients), options)} {}

  End daemon, client;
  Buffer to_daemon = {}, to_client = {};  // all that ever went

  void carry(const Split& split = whole()) {
    for (;;) {
      const Buffer there = taken_from(client.tls, split);
      if (!there.empty()) daemon.take(there, split);
      const Buffer back = taken_from(daemon.tls, split);
      if (!back.empty()) client.take(back, split);
      append(to_daemon, there);
      append(to_client, back);
      if (there.empty() && back.empty()) return;
    }
  }
  bool open() const { return daemon.tls.state() == FilterState::open && client.tls.state() == FilterState::open; }
};

inline std::string why(const Tls& tls) { return tls.failure() ? tls.failure()->message : "(no failure)"; }

// A peer of bare OpenSSL over memory BIOs, which a test may set as it likes.
class Bare {
 public:
  explicit Bare(Side side) : side_(side), context_(SSL_CTX_new(TLS_method())) {
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr);
  }
  SSL_CTX* context() { return context_.get(); }
  void show(const Issued& issued) {
    laboratory::must(SSL_CTX_use_certificate(context_.get(), issued.certificate.get()) == 1 &&
                         SSL_CTX_use_PrivateKey(context_.get(), issued.key.get()) == 1,
                     "a certificate");
  }
  SSL* ssl() {
    if (ssl_) return ssl_.get();
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    side_ == Side::client ? SSL_set_connect_state(ssl_.get()) : SSL_set_accept_state(ssl_.get());
    return ssl_.get();
  }
  // Carries both ways until nothing moves; what OpenSSL reads is kept, what it complains about as well.
  void carry(End& with) {
    for (;;) {
      std::array<char, 4096> text{};
      const int count = SSL_read(ssl(), text.data(), static_cast<int>(text.size()));
      if (count > 0) plain.append(text.data(), static_cast<std::size_t>(count));
      const int error = SSL_get_error(ssl(), count);
      if (error == SSL_ERROR_SSL) complaint = openssl_says();
      ERR_clear_error();
      const Buffer there = sent();
      with.take(there);
      const Buffer back = taken_from(with.tls);
      BIO_write(SSL_get_rbio(ssl()), back.data(), static_cast<int>(back.size()));
      if (there.empty() && back.empty() && count <= 0) return;
    }
  }
  Buffer sent() {
    Buffer out(static_cast<std::size_t>(BIO_ctrl_pending(SSL_get_wbio(ssl()))));
    if (!out.empty()) BIO_read(SSL_get_wbio(ssl()), out.data(), static_cast<int>(out.size()));
    return out;
  }

  std::string plain, complaint;

 private:
  Side side_;
  OwnedContext context_;
  OwnedSsl ssl_;
};

}  // namespace sluice::secure
