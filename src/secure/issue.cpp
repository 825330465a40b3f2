#include "secure/issue.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <new>

#include "secure/certificate.h"

namespace sluice::secure {
namespace {

constexpr std::size_t host_max = 253;  // bytes of a DNS name

std::unexpected<Error> refused(std::string why) { return fault(Code::invalid_arg, std::move(why), ErrorDomain::conf); }

void must(bool went_well) {
  if (went_well) return;
  ERR_clear_error();
  throw std::bad_alloc();  // of what is made here nothing else can fail
}

// "O=Example,CN=a\,b" without the backslashes, part by part.
std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      parts.back() += text[++i];
    } else if (text[i] == ',') {
      parts.emplace_back();
    } else {
      parts.back() += text[i];
    }
  }
  return parts;
}

Result<> set_name(X509_NAME* name, const std::string& text) {
  if (text.find('=') == text.npos) return set_name(name, "CN=" + text);
  for (const std::string& part : parts_of(text)) {
    const std::size_t equals = part.find('=');
    const std::string kind = part.substr(0, equals);
    const std::string value = equals == part.npos ? "" : part.substr(equals + 1);
    const auto* const bytes = reinterpret_cast<const unsigned char*>(value.data());
    if (!value.empty() && X509_NAME_add_entry_by_txt(name, kind.c_str(), MBSTRING_UTF8, bytes,
                                                     static_cast<int>(value.size()), -1, 0) == 1) {
      continue;
    }
    const std::string why = openssl_says();
    return refused("'" + part + "' is no part of a distinguished name (" + (value.empty() ? "it is KIND=VALUE" : why) +
                   "); \"O=Example,CN=alice\" is one");
  }
  return {};
}

bool is_address(const std::string& host) {
  const Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> address(a2i_IPADDRESS(host.c_str()));
  ERR_clear_error();
  return address != nullptr;
}

bool is_host(const std::string& host) {
  const auto fits = [](unsigned char letter) {
    return std::isalnum(letter) != 0 || letter == '-' || letter == '.' || letter == '_' || letter == '*';
  };
  return !host.empty() && host.size() <= host_max && std::ranges::all_of(host, fits) && host.front() != '.' &&
         host.front() != '-';
}

Result<std::string> alternatives(const std::vector<std::string>& hosts) {
  std::string text;
  for (const std::string& host : hosts) {
    const bool address = is_address(host);
    if (!address && !is_host(host)) return refused("'" + host + "' is neither a host's name nor an IP address");
    text += (text.empty() ? "" : ",") + std::string(address ? "IP:" : "DNS:") + host;
  }
  return text;
}

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str()));
  must(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

// Not to be guessed, and never the same twice.
void set_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  must(RAND_bytes(bytes.data(), bytes.size()) == 1);
  bytes[0] &= 0x7f;  // positive
  bytes[0] |= 0x40;  // and as long each time
  const Owned<BIGNUM, BN_free> number(BN_bin2bn(bytes.data(), bytes.size(), nullptr));
  must(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr);
}

template <class Write>
std::string pem_of(Write write) {
  const OwnedBio out(BIO_new(BIO_s_mem()));
  must(out && write(out.get()) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

struct Draft {
  OwnedCertificate certificate{X509_new()};
  OwnedKey key{EVP_EC_gen("P-256")};

  X509* get() const { return certificate.get(); }
};

Result<Draft> begun(const std::string& name, Period period) {
  Draft draft;
  must(draft.certificate && draft.key);
  X509_set_version(draft.get(), X509_VERSION_3);
  set_serial(draft.get());
  if (auto named = set_name(X509_get_subject_name(draft.get()), name); !named) return std::unexpected(named.error());
  must(ASN1_TIME_set(X509_getm_notBefore(draft.get()), period.from.time_since_epoch().count()) != nullptr);
  must(ASN1_TIME_set(X509_getm_notAfter(draft.get()), period.until.time_since_epoch().count()) != nullptr);
  must(X509_set_pubkey(draft.get(), draft.key.get()) == 1);
  return draft;
}

MadeCertificate signed_by(const Draft& draft, EVP_PKEY* key) {
  must(X509_sign(draft.get(), key, EVP_sha256()) > 0);
  return {.certificate = pem_of([&](BIO* out) { return PEM_write_bio_X509(out, draft.get()); }),
          .key = pem_of([&](BIO* out) {
            return PEM_write_bio_PrivateKey(out, draft.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

UnixTime time_of(const ASN1_TIME* time) {
  const Owned<ASN1_TIME, ASN1_TIME_free> epoch(ASN1_TIME_set(nullptr, 0));
  int days = 0, seconds = 0;
  must(epoch && ASN1_TIME_diff(&days, &seconds, epoch.get(), time) == 1);
  return UnixTime(std::chrono::days(days) + std::chrono::seconds(seconds));
}

}  // namespace

Result<MadeCertificate> make_authority(const std::string& name, Period period) {
  auto draft = begun(name, period);
  if (!draft) return std::unexpected(draft.error());
  X509* const certificate = draft->get();
  must(X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) == 1);
  extend(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  extend(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(certificate, certificate, NID_subject_key_identifier, "hash");
  return signed_by(*draft, draft->key.get());
}

Result<MadeCertificate> issue(const OwnCertificate& authority, const Wanted& wanted) {
  const auto chain = read_certificates(authority.certificate);
  if (!chain) return std::unexpected(chain.error());
  const auto key = read_key(authority.key);
  if (!key) return std::unexpected(key.error());
  X509* const issuer = chain->front().get();
  if (X509_check_private_key(issuer, key->get()) != 1) {
    ERR_clear_error();
    return refused("the key in '" + authority.key.name + "' does not belong to the certificate in '" +
                   authority.certificate.name + "'");
  }
  if (X509_check_ca(issuer) == 0) return refused("the certificate in '" + authority.certificate.name + "' is no CA");
  if (wanted.period.until > time_of(X509_get0_notAfter(issuer))) {
    return refused("the authority in '" + authority.certificate.name + "' lasts until " +
                   time_text(X509_get0_notAfter(issuer)) + " only; what it issues cannot last longer");
  }
  const auto hosts = alternatives(wanted.hosts);
  if (!hosts) return std::unexpected(hosts.error());
  auto draft = begun(wanted.name, wanted.period);
  if (!draft) return std::unexpected(draft.error());
  X509* const certificate = draft->get();
  must(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1);
  const bool daemon = wanted.side == Side::daemon;
  extend(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE");
  // What the elliptic keys of TLS 1.3 do not need, but libvirt's programs look for.
  extend(certificate, issuer, NID_key_usage, "critical,digitalSignature,keyEncipherment");
  extend(certificate, issuer, NID_ext_key_usage, daemon ? "serverAuth" : "clientAuth");
  if (!hosts->empty()) extend(certificate, issuer, NID_subject_alt_name, *hosts);
  extend(certificate, issuer, NID_subject_key_identifier, "hash");
  if (X509_get0_subject_key_id(issuer) != nullptr) {
    extend(certificate, issuer, NID_authority_key_identifier, "keyid:always");
  }
  return signed_by(*draft, key->get());
}

Result<Inspected> inspect(const Pem& certificate, const std::string& host) {
  const auto chain = read_certificates(certificate);
  if (!chain) return std::unexpected(chain.error());
  X509* const first = chain->front().get();
  Inspected inspected{
      .name = distinguished_name(first), .hosts = hosts_text(first), .until = time_of(X509_get0_notAfter(first))};
  if (host.empty()) return inspected;
  const bool fits = is_address(host) ? X509_check_ip_asc(first, host.c_str(), 0) == 1
                                     : X509_check_host(first, host.data(), host.size(),
                                                       X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
  if (fits) return inspected;
  return refused("the certificate in '" + certificate.name + "' is for " +
                 (inspected.hosts.empty() ? "no host at all" : inspected.hosts) + ", not for '" + host +
                 "': clients that reach the daemon under that name refuse it; issue one with the name in it");
}

}  // namespace sluice::secure
