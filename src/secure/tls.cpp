#include "secure/tls.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <new>

#include "base/assert.h"
#include "base/limits.h"
#include "secure/certificate.h"
#include "secure/client_hellos.h"
#include "secure/complaint.h"
#include "secure/credentials_inside.h"

namespace sluice::secure {
namespace {

constexpr std::size_t record_plain = SSL3_RT_MAX_PLAIN_LENGTH;
constexpr std::size_t record_max = record_plain + 512;  // encrypted, with room for an answer that goes before it
constexpr std::byte welcome{1};

}  // namespace

struct Tls::Inside {
  Inside(std::shared_ptr<const Credentials> its, Options options);

  Side side() const { return credentials->inside().side; }
  void shake();
  void shake_with_stranger();
  void refuse_long_hello();
  void send_welcome();
  void await_welcome();
  std::size_t decrypt(MutableBytes into);
  // What OpenSSL said after an operation that did not go through: it waits, or the connection is at an end.
  void look(int result);
  void step(FilterInput on);
  void fail(Error why);

  std::shared_ptr<const Credentials> credentials;
  Judgement judgement;
  Network network;
  OwnedSsl ssl;
  FilterState state = FilterState::handshaking;
  std::optional<Error> failure;
  std::size_t received = 0;  // before we know who the peer is
  ClientHellos hellos;
};

Filter::Received Tls::receive(Bytes network, MutableBytes into) {
  Inside& in = *inside_;
  in.network.incoming = network;
  if (in.state == FilterState::handshaking) in.shake_with_stranger();
  if (in.state == FilterState::welcoming) in.side() == Side::daemon ? in.send_welcome() : in.await_welcome();
  const std::size_t plain = in.decrypt(into);
  const std::size_t left = listens(in.state) ? in.network.incoming.size() : 0;
  in.network.incoming = {};
  return {.used = network.size() - left, .plain = plain};
}

std::size_t Tls::encrypt(Bytes plain) {
  Inside& in = *inside_;
  ensure(in.state != FilterState::handshaking && in.state != FilterState::welcoming,
         "nothing of the application is sent before the handshake is complete");
  const std::size_t records = plain.size() / record_plain + 1;
  in.network.outgoing.expect(std::min(plain.size() + records * 64, in.network.outgoing.room()));
  std::size_t taken = 0;
  while (taken < plain.size() && takes_plain(in.state) && in.network.outgoing.room() >= record_max) {
    const Bytes part = plain.subspan(taken, std::min(record_plain, plain.size() - taken));
    std::size_t written = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(in.ssl.get(), part.data(), part.size(), &written);
    taken += written;
    if (result != 1) {
      in.look(result);
      break;
    }
  }
  in.network.outgoing.expect(0);
  return taken;
}

Tls::Tls(std::shared_ptr<const Credentials> credentials, Options options)
    : inside_(std::make_unique<Inside>(std::move(credentials), std::move(options))) {
  if (inside_->side() == Side::client) inside_->shake();
}
Tls::Tls(Tls&&) noexcept = default;
Tls& Tls::operator=(Tls&&) noexcept = default;
Tls::~Tls() = default;

Bytes Tls::outgoing() const { return inside_->network.outgoing.front(); }
void Tls::sent(std::size_t count) { inside_->network.outgoing.sent(count); }
void Tls::ended() { inside_->step(FilterInput::network_ends); }
void Tls::close() { inside_->step(FilterInput::we_close); }
FilterState Tls::state() const { return inside_->state; }
const std::optional<Error>& Tls::failure() const { return inside_->failure; }
Tls::Copied Tls::copied() const { return {.in = inside_->network.copied_in, .out = inside_->network.copied_out}; }

Peer Tls::peer() const {
  const Inside& in = *inside_;
  const SSL* const ssl = in.ssl.get();
  Peer peer{.name = {}, .version = SSL_get_version(ssl), .cipher = SSL_get_cipher_name(ssl)};
  peer.cipher_bits = SSL_get_cipher_bits(ssl, nullptr);
  const X509* const certificate = SSL_get0_peer_certificate(ssl);
  if (certificate != nullptr && in.credentials->inside().checks) peer.name = distinguished_name(certificate);
  return peer;
}

std::string Tls::describe() const {
  const Inside& in = *inside_;
  std::string text(name(in.state));
  if (in.failure) return text + ", " + in.failure->message;
  if (in.state == FilterState::handshaking) return text + ", " + SSL_state_string_long(in.ssl.get());
  const Peer with = peer();
  return text + ", " + with.version + ", " + with.cipher + (with.name.empty() ? "" : ", with " + shown(with.name));
}

Tls::Inside::Inside(std::shared_ptr<const Credentials> its, Options options)
    : credentials(std::move(its)), judgement{.now = options.now, .host = std::move(options.host)} {
  const Credentials::Inside& own = credentials->inside();
  ssl.reset(SSL_new(own.context.get()));
  if (!ssl) throw std::bad_alloc();
  BIO* const bio = network_bio(own.network.get(), network).release();
  SSL_set_bio(ssl.get(), bio, bio);
  SSL_set_app_data(ssl.get(), &judgement);
  own.side == Side::daemon ? SSL_set_accept_state(ssl.get()) : SSL_set_connect_state(ssl.get());
  if (own.side == Side::daemon) return;
  ensure(!own.checks || !judgement.host.empty(), "a client that checks the daemon says which one it wants");
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl.get());
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (judgement.host.empty() || X509_VERIFY_PARAM_set1_ip_asc(wanted, judgement.host.c_str()) == 1) return;
  ERR_clear_error();
  const bool told = X509_VERIFY_PARAM_set1_host(wanted, judgement.host.c_str(), 0) == 1 &&
                    SSL_set_tlsext_host_name(ssl.get(), judgement.host.c_str()) == 1;
  if (told) return;
  ERR_clear_error();
  fail({.code = Code::invalid_arg,
        .message = "'" + shown(judgement.host) + "' is not a host name that a certificate can have",
        .domain = ErrorDomain::rpc});
}

void Tls::Inside::shake() {
  if (state != FilterState::handshaking) return;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl.get());
  result == 1 ? step(FilterInput::shaken) : look(result);
}

// Who has not shown yet who it is may send only so much.
void Tls::Inside::shake_with_stranger() {
  const Bytes offered = network.incoming;
  Bytes now = offered.first(std::min(offered.size(), limits::tls_handshake_max - received));
  if (side() == Side::daemon) hellos.look(received, now);
  const bool long_hello = hellos.too_long() != 0;
  // What came before its length is OpenSSL's to judge, so that every split of the bytes tells the same.
  if (long_hello) now = now.first(hellos.known_at() - received);
  network.incoming = now;
  shake();
  const std::size_t used = now.size() - network.incoming.size();
  received += used;
  network.incoming = offered.subspan(used);
  if (state != FilterState::handshaking) return;
  if (long_hello) return refuse_long_hello();
  if (received < limits::tls_handshake_max) return;
  fail({.code = Code::rpc,
        .message = "the " + std::string(name(other(side()))) + " sent " + std::to_string(received) +
                   " bytes and its handshake is still not complete",
        .domain = ErrorDomain::rpc});
}

void Tls::Inside::refuse_long_hello() {
  // OpenSSL would say the same: a fatal alert, illegal parameter. Nothing is encrypted yet.
  constexpr std::array<std::uint8_t, 7> alert{SSL3_RT_ALERT, 3, 3, 0, 2, SSL3_AL_FATAL, SSL_AD_ILLEGAL_PARAMETER};
  network.outgoing.append(std::as_bytes(std::span(alert)));
  fail({.code = Code::rpc,
        .message = "the client announces a hello of " + std::to_string(hellos.too_long()) + " bytes; at most " +
                   std::to_string(limits::tls_hello_max) + " are read",
        .domain = ErrorDomain::rpc});
}

void Tls::Inside::send_welcome() {
  std::size_t written = 0;
  ERR_clear_error();
  const int result = SSL_write_ex(ssl.get(), &welcome, 1, &written);
  result == 1 ? step(FilterInput::welcomed) : look(result);
}

void Tls::Inside::await_welcome() {
  std::byte came{};
  std::size_t count = 0;
  ERR_clear_error();
  const int result = SSL_read_ex(ssl.get(), &came, 1, &count);
  if (result != 1) return look(result);
  if (came == welcome) return step(FilterInput::welcomed);
  fail({.code = Code::rpc,
        .message = "after the handshake the daemon sent a byte of value " + std::to_string(std::to_integer<int>(came)) +
                   " where 1 would have let this client in; the port may be another service's",
        .domain = ErrorDomain::rpc});
}

std::size_t Tls::Inside::decrypt(MutableBytes into) {
  std::size_t plain = 0;
  while (plain < into.size() && gives_plain(state)) {
    std::size_t count = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl.get(), into.data() + plain, into.size() - plain, &count);
    plain += count;
    if (result == 1) continue;
    look(result);
    break;
  }
  return plain;
}

void Tls::Inside::look(int result) {
  switch (SSL_get_error(ssl.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return;
    case SSL_ERROR_ZERO_RETURN: return step(FilterInput::peer_closes);
    default: {
      const bool unsure = state == FilterState::handshaking || state == FilterState::welcoming;
      return fail(complaint(side(), unsure, judgement.refusal));
    }
  }
}

void Tls::Inside::fail(Error why) {
  failure = std::move(why);
  step(FilterInput::violation);
}

void Tls::Inside::step(FilterInput on) {
  const auto* const row = sluice::step(filter_table::rows, state, on);
  ensure(row != nullptr, "the filter's table has a row for what happened");
  const FilterState before = std::exchange(state, row->to);
  const std::string peer = "the " + std::string(name(other(side())));
  const auto refuse = [&](std::string why) {
    failure = Error{.code = Code::rpc, .message = std::move(why), .domain = ErrorDomain::rpc};
  };
  switch (row->action) {
    case FilterAction::none: return;
    case FilterAction::say_close:
      ERR_clear_error();
      if (SSL_shutdown(ssl.get()) < 0) ERR_clear_error();  // told already, or what waits fills the room: then it is cut
      return;
    case FilterAction::refuse_leaving:
      return refuse(peer + " closed the connection " +
                    (before == FilterState::handshaking ? "in the middle of the handshake"
                                                        : "without letting this client in; its log says why"));
    case FilterAction::refuse_cut:
      if (before == FilterState::handshaking) return refuse(peer + " went away in the middle of the handshake");
      if (before == FilterState::welcoming)
        return refuse(peer + " went away without letting this client in; its log says why");
      return refuse("the connection to " + peer + " was cut: its end was not announced, so something may be missing");
  }
}

}  // namespace sluice::secure
