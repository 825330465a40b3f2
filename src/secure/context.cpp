#include "secure/context.h"

#include <openssl/x509v3.h>

#include <new>
#include <ranges>

#include "base/assert.h"
#include "base/limits.h"
#include "secure/certificate.h"

namespace sluice::secure {
namespace {

// The strength of 128 bits is enough and AES-128 the fastest; forward secrecy and authenticated encryption always.
constexpr const char* suites_13 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* suites_12 = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL:!PSK:!SRP";
constexpr const char* groups = "X25519:P-256:P-384";

// Whatever is tried in a callback leaves nothing in OpenSSL's queue, where it would pass for a failure of the
// connection.
class LeavesNoErrors {
 public:
  LeavesNoErrors() { ERR_set_mark(); }
  ~LeavesNoErrors() { ERR_pop_to_mark(); }
  LeavesNoErrors(const LeavesNoErrors&) = delete;
  LeavesNoErrors& operator=(const LeavesNoErrors&) = delete;
};

// A CA above the certificate's own may have no revocation list: then the operator gave none. The certificate's own CA
// must have one as soon as there are any.
int forgive_upper_list(int good, X509_STORE_CTX* store) noexcept {
  const bool missing = X509_STORE_CTX_get_error(store) == X509_V_ERR_UNABLE_TO_GET_CRL;
  if (good == 1 || !missing || X509_STORE_CTX_get_error_depth(store) == 0) return good;
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

// Instead of OpenSSL's own verification: the same at the time of this handshake, then the names; and it says why not.
int judge_peer(X509_STORE_CTX* store, void* credentials) noexcept {
  const LeavesNoErrors clean;
  const auto& in = *static_cast<const Credentials::Inside*>(credentials);
  const auto* const ssl =
      static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  Judgement& judgement = *static_cast<Judgement*>(SSL_get_app_data(ssl));
  const Side owner = other(in.side);
  Judged judged = in.judged("the " + std::string(name(owner)) + "'s certificate", owner);
  judged.host = judgement.host;
  const auto refuse = [&](std::string why) {
    judgement.refusal = Error{.code = Code::auth_failed, .message = std::move(why), .domain = ErrorDomain::rpc};
    return 0;
  };

  X509_STORE_CTX_set_time(store, 0, judgement.now.time_since_epoch().count());
  if (X509_verify_cert(store) != 1) return refuse(refusal(store, judged));
  const X509* const certificate = X509_STORE_CTX_get0_cert(store);
  if (in.allowed.allow(distinguished_name(certificate))) return 1;
  // Has no alert of its own, so the client is told "certificate unknown", not what our list looks like.
  X509_STORE_CTX_set_error(store, X509_V_ERR_PERMITTED_VIOLATION);
  return refuse(not_allowed(certificate, judged));
}

bool show(SSL* ssl, const Shown& shown) {
  const CertificateStack chain(shown.chain);
  return SSL_use_cert_and_key(ssl, shown.chain.front().get(), shown.key.get(), chain.get(), 1) == 1;
}

// Every certificate that has the name the client asked for, so that it may choose by the kind of key; or the first one.
int choose(SSL* ssl, void* credentials) noexcept {
  const LeavesNoErrors clean;
  const auto& in = *static_cast<const Credentials::Inside*>(credentials);
  const char* const asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  bool found = false;
  for (const Shown& shown : std::views::reverse(in.shown)) {  // of two of one kind the first stays
    if (asked == nullptr ||
        X509_check_host(shown.chain.front().get(), asked, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) != 1) {
      continue;
    }
    if (!show(ssl, shown)) return 0;
    found = true;
  }
  return found || show(ssl, in.shown.front()) ? 1 : 0;
}

// A hint for clients that have several certificates; they do without it if it would be very long.
void tell_authorities(SSL_CTX* context) {
  const auto* const objects = X509_STORE_get0_objects(SSL_CTX_get_cert_store(context));
  std::size_t size = 0;
  for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i) {
    X509* const authority = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
    if (authority == nullptr) continue;
    size += 2 + static_cast<std::size_t>(i2d_X509_NAME(X509_get_subject_name(authority), nullptr));  // with its length
    if (size > limits::tls_authorities_max) return SSL_CTX_set_client_CA_list(context, nullptr);
    if (SSL_CTX_add_client_CA(context, authority) != 1) throw std::bad_alloc();
  }
}

}  // namespace

CertificateStack::CertificateStack(const std::vector<OwnedCertificate>& chain) : stack_(sk_X509_new_null()) {
  if (stack_ == nullptr) throw std::bad_alloc();
  for (const OwnedCertificate& certificate : chain | std::views::drop(1)) {
    if (sk_X509_push(stack_, certificate.get()) == 0) throw std::bad_alloc();
  }
}

OwnedContext make_context(Side side) {
  OwnedContext context(SSL_CTX_new(side == Side::client ? TLS_client_method() : TLS_server_method()));
  if (!context) throw std::bad_alloc();
  SSL_CTX* const ctx = context.get();
  SSL_CTX_set_security_level(ctx, security_level);
  const bool set = SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
                   SSL_CTX_set_max_proto_version(ctx, 0) == 1 && SSL_CTX_set_ciphersuites(ctx, suites_13) == 1 &&
                   SSL_CTX_set_cipher_list(ctx, suites_12) == 1 && SSL_CTX_set1_groups_list(ctx, groups) == 1;
  ensure(set, "OpenSSL 3 has these versions, suites and groups");
  // Resumption would skip the judgement of a certificate, which may have been revoked since.
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(ctx, 0);
  SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS |
                            SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_max_cert_list(ctx, limits::tls_chain_max);
  SSL_CTX_set_verify_depth(ctx, limits::tls_chain_length_max);
  X509_STORE* const store = SSL_CTX_get_cert_store(ctx);
  // As in GnuTLS, whatever stands among the CAs is trusted, one below a root as well.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  X509_STORE_set_verify_cb(store, forgive_upper_list);
  return context;
}

void ask_clients(Credentials::Inside& in, bool must_show) {
  SSL_CTX* const ctx = in.context.get();
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | (must_show ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  SSL_CTX_set_cert_verify_callback(ctx, judge_peer, &in);
  SSL_CTX_set_cert_cb(ctx, choose, &in);
  tell_authorities(ctx);
}

Result<> face_daemons(Credentials::Inside& in) {
  SSL_CTX* const ctx = in.context.get();
  SSL_CTX_set_verify(ctx, in.checks ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (in.checks) SSL_CTX_set_cert_verify_callback(ctx, judge_peer, &in);
  if (in.shown.empty()) return {};
  const Shown& own = in.shown.front();
  const CertificateStack chain(own.chain);
  if (SSL_CTX_use_cert_and_key(ctx, own.chain.front().get(), own.key.get(), chain.get(), 1) == 1) return {};
  return fault(Code::config_unsupported,
               "this client's certificate, " + shown(own.chain.front().get()) + ", cannot be used: " + openssl_says(),
               ErrorDomain::conf);
}

}  // namespace sluice::secure
