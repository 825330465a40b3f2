#pragma once
// A laboratory of certificates for tests: authorities, what they issue and what they revoke, made when they are needed
// and, with the usual kind of key, the same each time. All of it lives around one moment.
//
//   const Authority ca({.name = "CN=Laboratory CA"});
//   const Issued client = ca.issue({.name = "C=GB,O=Probe,CN=client1", .extended = "clientAuth"});
//   Credentials::daemon({.authorities = {"ca.pem", ca.pem()}, .certificates = {server.files()}}, now);

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

#include "secure/credentials.h"
#include "secure/openssl.h"

namespace sluice::secure::laboratory {

inline constexpr UnixTime now{std::chrono::seconds(2'000'000'000)};
inline constexpr auto day = std::chrono::hours(24);
inline constexpr auto day_half = std::chrono::hours(12);

enum class KeyKind : std::uint8_t { ed25519, p256, rsa2048, rsa1024 };

struct Wish {
  std::string name;        // "C=GB,O=Probe,CN=client1"
  std::string usage = "";  // "critical,digitalSignature"; empty: the extension is missing
  std::string extended = "";
  std::string hosts = "";  // "DNS:node1.example,IP:127.0.0.1"
  UnixTime from = now - day, until = now + 30 * day;
  KeyKind key = KeyKind::ed25519;
  unsigned variant = 0;        // another key for the same name
  std::string_view hash = "";  // the key's own
  bool authority = false;
  long serial = 1;
  unsigned padding = 0;  // bytes of a comment that make it long
};

inline void must(bool went_well, const char* what) {
  if (!went_well) throw std::runtime_error(std::string("laboratory: ") + what + ": " + openssl_says());
}

inline OwnedKey make_key(KeyKind kind, std::string_view name, unsigned variant) {
  EVP_PKEY* key = nullptr;
  if (kind == KeyKind::ed25519) {
    std::array<unsigned char, 32> seed{static_cast<unsigned char>(variant)};  // not at all secret
    for (std::size_t i = 0; i < name.size(); ++i) {
      seed[i % 32] = static_cast<unsigned char>(seed[i % 32] * 31 + static_cast<unsigned char>(name[i]));
    }
    key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size());
  } else if (kind == KeyKind::p256) {
    key = EVP_EC_gen("P-256");
  } else {
    key = EVP_RSA_gen(kind == KeyKind::rsa1024 ? 1024u : 2048u);
  }
  must(key != nullptr, "a key");
  return OwnedKey(key);
}

// A comma behind a backslash belongs to the value.
inline void set_name(X509_NAME* name, std::string_view text) {
  while (!text.empty()) {
    std::size_t end = text.find(',');
    while (end != text.npos && text[end - 1] == '\\') end = text.find(',', end + 1);
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const std::string kind(part.substr(0, part.find('=')));
    std::string value(part.substr(kind.size() + 1));
    std::erase(value, '\\');
    must(X509_NAME_add_entry_by_txt(name, kind.c_str(), MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(value.data()),
                                    static_cast<int>(value.size()), -1, 0) == 1,
         "a name");
  }
}

inline void extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  if (value.empty()) return;
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  must(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "an extension");
}

template <class Write>
std::string pem_of(Write write) {
  const OwnedBio out(BIO_new(BIO_s_mem()));
  must(out && write(out.get()) == 1, "PEM text");
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

struct Issued {
  OwnedCertificate certificate;
  OwnedKey key;
  std::string pem() const {
    return pem_of([&](BIO* out) { return PEM_write_bio_X509(out, certificate.get()); });
  }
  std::string key_pem() const {
    return pem_of(
        [&](BIO* out) { return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  }
  std::string encrypted_key_pem() const {
    return pem_of([&](BIO* out) {
      const std::array<unsigned char, 4> pass{'p', 'a', 's', 's'};
      return PEM_write_bio_PrivateKey(out, key.get(), EVP_aes_128_cbc(), pass.data(), 4, nullptr, nullptr);
    });
  }
  OwnCertificate files(const std::string& chain = "") const {
    return {.certificate = {"cert.pem", pem() + chain}, .key = {"key.pem", key_pem()}};
  }
};

inline const EVP_MD* hash_for(const EVP_PKEY* key, std::string_view hash) {
  if (EVP_PKEY_get_id(key) == EVP_PKEY_ED25519) return nullptr;  // brings its own
  return hash.empty() ? EVP_sha256() : EVP_get_digestbyname(std::string(hash).c_str());
}

// Signed by `issuer`, or by itself.
inline Issued make(const Wish& wish, const Issued* issuer) {
  Issued made{.certificate = OwnedCertificate(X509_new()), .key = make_key(wish.key, wish.name, wish.variant)};
  X509* const certificate = made.certificate.get();
  X509* const by = issuer == nullptr ? certificate : issuer->certificate.get();
  EVP_PKEY* const with = issuer == nullptr ? made.key.get() : issuer->key.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), wish.serial);
  ASN1_TIME_set(X509_getm_notBefore(certificate), wish.from.time_since_epoch().count());
  ASN1_TIME_set(X509_getm_notAfter(certificate), wish.until.time_since_epoch().count());
  set_name(X509_get_subject_name(certificate), wish.name);
  X509_set_issuer_name(certificate, X509_get_subject_name(by));
  must(X509_set_pubkey(certificate, made.key.get()) == 1, "a public key");
  extend(certificate, by, NID_basic_constraints, wish.authority ? "critical,CA:TRUE" : "CA:FALSE");
  extend(certificate, by, NID_key_usage, wish.usage);
  extend(certificate, by, NID_ext_key_usage, wish.extended);
  extend(certificate, by, NID_subject_alt_name, wish.hosts);
  if (wish.padding > 0) extend(certificate, by, NID_netscape_comment, std::string(wish.padding, 'x'));
  must(X509_sign(certificate, with, hash_for(with, wish.hash)) > 0, "a signature");
  return made;
}

class Authority {
 public:
  explicit Authority(Wish wish) : Authority(std::move(wish), nullptr) {}
  // Below another one.
  Authority(Wish wish, const Authority& upper) : Authority(std::move(wish), &upper.self_) {}

  Issued issue(const Wish& wish) const { return make(wish, &self_); }
  std::string pem() const { return self_.pem(); }
  Pem file() const { return {"ca.pem", pem()}; }

  Pem revocations(std::initializer_list<long> serials, UnixTime from = now - day, UnixTime until = now + day) const {
    const OwnedRevocations list(X509_CRL_new());
    X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(self_.certificate.get()));
    const Owned<ASN1_TIME, ASN1_TIME_free> begin(ASN1_TIME_set(nullptr, from.time_since_epoch().count()));
    const Owned<ASN1_TIME, ASN1_TIME_free> end(ASN1_TIME_set(nullptr, until.time_since_epoch().count()));
    X509_CRL_set1_lastUpdate(list.get(), begin.get());
    X509_CRL_set1_nextUpdate(list.get(), end.get());
    for (const long serial : serials) {
      Owned<X509_REVOKED, X509_REVOKED_free> revoked(X509_REVOKED_new());
      const Owned<ASN1_INTEGER, ASN1_INTEGER_free> number(ASN1_INTEGER_new());
      ASN1_INTEGER_set(number.get(), serial);
      X509_REVOKED_set_serialNumber(revoked.get(), number.get());
      X509_REVOKED_set_revocationDate(revoked.get(), begin.get());
      must(X509_CRL_add0_revoked(list.get(), revoked.get()) == 1, "a revocation");
      static_cast<void>(revoked.release());
    }
    must(X509_CRL_sign(list.get(), self_.key.get(), hash_for(self_.key.get(), "")) > 0, "a signed revocation list");
    return {"crl.pem", pem_of([&](BIO* out) { return PEM_write_bio_X509_CRL(out, list.get()); })};
  }

 private:
  Authority(Wish wish, const Issued* upper) : self_(make(as_authority(std::move(wish)), upper)) {}
  static Wish as_authority(Wish wish) {
    wish.authority = true;
    if (wish.usage.empty()) wish.usage = "critical,keyCertSign,cRLSign";
    return wish;
  }
  Issued self_;
};

}  // namespace sluice::secure::laboratory
