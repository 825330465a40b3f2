#include "secure/credentials.h"

#include <openssl/x509v3.h>

#include <new>
#include <ranges>

#include "base/limits.h"
#include "secure/certificate.h"
#include "secure/context.h"
#include "secure/credentials_inside.h"

namespace sluice::secure {
namespace {

std::unexpected<Error> unusable(std::string why) {
  return fault(Code::config_unsupported, std::move(why), ErrorDomain::conf);
}

Result<> trust(X509_STORE& store, const Pem& authorities) {
  const auto certificates = read_certificates(authorities);
  if (!certificates) return std::unexpected(certificates.error());
  for (const OwnedCertificate& certificate : *certificates) {
    if (X509_check_ca(certificate.get()) == 0) {
      return unusable(shown(certificate.get()) + " in '" + authorities.name +
                      "' is no CA (basic constraints, or key usage); only the certificates of CAs belong there");
    }
    if (X509_STORE_add_cert(&store, certificate.get()) != 1) throw std::bad_alloc();
  }
  return {};
}

Result<> heed(X509_STORE& store, const Pem& revocations) {
  const auto lists = read_revocations(revocations);
  if (!lists) return std::unexpected(lists.error());
  for (const OwnedRevocations& list : *lists) {
    if (X509_STORE_add_crl(&store, list.get()) != 1) throw std::bad_alloc();
  }
  X509_STORE_set_flags(&store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return {};
}

Result<Shown> read(const OwnCertificate& own) {
  auto chain = read_certificates(own.certificate);
  if (!chain) return std::unexpected(chain.error());
  auto key = read_key(own.key);
  if (!key) return std::unexpected(key.error());
  if (X509_check_private_key(chain->front().get(), key->get()) != 1) {
    ERR_clear_error();
    return unusable("the private key in '" + own.key.name + "' does not belong to the certificate in '" +
                    own.certificate.name + "', " + shown(chain->front().get()) +
                    "; put the pair there that belongs together");
  }
  // As the longer of the two messages that bring them, TLS 1.3's.
  constexpr std::size_t around = 8, around_each = 5;
  std::size_t size = around;
  for (const OwnedCertificate& certificate : *chain) size += encoded_size(certificate.get()) + around_each;
  if (size > limits::tls_chain_max) {
    return unusable("'" + own.certificate.name + "' holds " + std::to_string(size) +
                    " bytes of certificates, more than " + std::to_string(limits::tls_chain_max) +
                    "; only the CAs between the certificate and a trusted one belong there");
  }
  return Shown{.chain = std::move(*chain), .key = std::move(*key)};
}

// As a peer will judge it.
Result<> judge_own(const Credentials::Inside& in, const Shown& shown, const std::string& file, UnixTime now) {
  const OwnedStoreContext store(X509_STORE_CTX_new());
  const CertificateStack chain(shown.chain);
  if (!store || X509_STORE_CTX_init(store.get(), SSL_CTX_get_cert_store(in.context.get()), shown.chain.front().get(),
                                    chain.get()) != 1) {
    throw std::bad_alloc();
  }
  X509_STORE_CTX_set_default(store.get(), in.side == Side::client ? "ssl_client" : "ssl_server");
  X509_STORE_CTX_set_depth(store.get(), limits::tls_chain_length_max);
  X509_STORE_CTX_set_time(store.get(), 0, now.time_since_epoch().count());
  X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(store.get()), security_level);
  if (X509_verify_cert(store.get()) == 1) return {};
  ERR_clear_error();
  return unusable(refusal(store.get(), in.judged("the certificate in '" + file + "'", in.side)));
}

// Peers would judge only the CAs they need, but OpenSSL refuses to show a certificate with a weak one behind it, and
// that for every client anew.
Result<> judge_shown(const Shown& own, const std::string& file) {
  for (const OwnedCertificate& authority : own.chain | std::views::drop(1)) {
    const std::string weak = weakness(authority.get());
    if (weak.empty()) continue;
    return unusable("the CA " + shown(authority.get()) + " behind the certificate in '" + file + "'" + weak +
                    ", or remove it from the file if no peer needs it");
  }
  return {};
}

// CAs and revocation lists, then the certificates of one's own, judged by them.
Result<> fill(Credentials::Inside& in, const std::optional<Pem>& authorities, const std::optional<Pem>& revocations,
              std::span<const OwnCertificate> certificates, UnixTime now) {
  X509_STORE& store = *SSL_CTX_get_cert_store(in.context.get());
  if (authorities) {
    if (auto read = trust(store, *authorities); !read) return read;
  }
  if (revocations) {
    if (auto read = heed(store, *revocations); !read) return read;
  }
  for (const OwnCertificate& own : certificates) {
    auto shown = read(own);
    if (!shown) return std::unexpected(shown.error());
    if (authorities) {
      if (auto good = judge_own(in, *shown, own.certificate.name, now); !good) return good;
    }
    if (auto good = judge_shown(*shown, own.certificate.name); !good) return good;
    in.shown.push_back(std::move(*shown));
  }
  return {};
}

std::unique_ptr<Credentials::Inside> begun(Side side, const Pem* authorities, const std::optional<Pem>& revocations,
                                           std::optional<std::vector<std::string>> allowed, bool checks) {
  auto in =
      std::make_unique<Credentials::Inside>(Credentials::Inside{.side = side,
                                                                .authorities = authorities ? authorities->name : "",
                                                                .revocations = revocations ? revocations->name : "",
                                                                .allowed = AllowedNames(std::move(allowed)),
                                                                .checks = checks});
  in->context = make_context(side);
  return in;
}

}  // namespace

Credentials::Credentials(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
Credentials::~Credentials() = default;

Credentials::Made Credentials::daemon(const DaemonFiles& files, UnixTime now) {
  const bool must_show = files.clients == DaemonFiles::Clients::need_certificate;
  if (files.certificates.empty()) return unusable("a daemon needs a certificate to show to its clients");
  if (files.allowed && !must_show) {
    return unusable(
        "a list of allowed names needs clients that must show a certificate: require it, or remove the list");
  }
  auto in = begun(Side::daemon, &files.authorities, files.revocations, files.allowed, true);
  if (auto filled = fill(*in, files.authorities, files.revocations, files.certificates, now); !filled) {
    return std::unexpected(filled.error());
  }
  ask_clients(*in, must_show);
  return std::make_shared<const Credentials>(std::move(in));
}

Credentials::Made Credentials::client(const ClientFiles& files, UnixTime now) {
  const bool checks = files.check == ClientFiles::Check::daemon;
  if (checks && !files.authorities) {
    return unusable(
        "without a CA no daemon can be trusted; name the file of the CA that issued the daemon's certificate");
  }
  const std::optional<Pem>& authorities = files.authorities;
  auto in = begun(Side::client, authorities ? &*authorities : nullptr, files.revocations, std::nullopt, checks);
  const std::span<const OwnCertificate> own(files.certificate ? &*files.certificate : nullptr,
                                            files.certificate ? 1 : 0);
  if (auto filled = fill(*in, authorities, files.revocations, own, now); !filled)
    return std::unexpected(filled.error());
  if (auto faced = face_daemons(*in); !faced) return std::unexpected(faced.error());
  return std::make_shared<const Credentials>(std::move(in));
}

}  // namespace sluice::secure
