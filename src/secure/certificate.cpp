#include "secure/certificate.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <new>
#include <span>
#include <string_view>

namespace sluice::secure {
namespace {

constexpr std::size_t shown_max = 200;

Error unusable(const Pem& pem, std::string_view why) {
  return {.code = Code::config_unsupported,
          .message = "'" + pem.name + "' " + std::string(why),
          .domain = ErrorDomain::conf};
}

OwnedBio text_bio(const Pem& pem) {
  OwnedBio bio(BIO_new_mem_buf(pem.text.data(), static_cast<int>(pem.text.size())));
  if (!bio) throw std::bad_alloc();
  return bio;
}

// What somebody put there instead, which is the usual mistake.
std::string found_instead(const Pem& pem) {
  const std::string_view text = pem.text;
  if (text.empty()) return "; it is empty";
  if (text.find("-----BEGIN ") == text.npos) return "; it is not PEM text ('-----BEGIN ...')";
  if (text.find("PRIVATE KEY-----") != text.npos) return "; it holds a private key";
  if (text.find("-----BEGIN CERTIFICATE REQUEST") != text.npos) return "; it holds a request that no CA has signed yet";
  if (text.find("-----BEGIN X509 CRL") != text.npos) return "; it holds a revocation list";
  if (text.find("-----BEGIN CERTIFICATE") != text.npos) return "; it holds a certificate";
  return "";
}

// OpenSSL asks for a passphrase: it gets none.
int no_passphrase(char*, int, int, void* asked) noexcept {
  *static_cast<bool*>(asked) = true;
  return -1;
}

template <class T, class Read>
Result<std::vector<T>> read_all(const Pem& pem, std::string_view what, Read read) {
  const OwnedBio bio = text_bio(pem);
  std::vector<T> all;
  ERR_clear_error();
  for (;;) {
    bool asked = false;
    T one(read(bio.get(), nullptr, no_passphrase, &asked));
    if (!one) break;
    all.push_back(std::move(one));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string complaint = openssl_says();
  if (!at_end) {
    return std::unexpected(unusable(pem, "cannot be read: " + std::string(what) + " number " +
                                             std::to_string(all.size() + 1) + " is damaged (" + complaint + ")"));
  }
  if (all.empty()) return std::unexpected(unusable(pem, "holds no " + std::string(what) + found_instead(pem)));
  return all;
}

std::string value_text(const ASN1_STRING* value) {
  const OwnedBio out(BIO_new(BIO_s_mem()));
  if (!out) throw std::bad_alloc();
  // UTF-8 stays as it is; whatever would end a part of the name, or is a control character, is escaped.
  constexpr unsigned long as_utf8 = ASN1_STRFLGS_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  if (ASN1_STRING_print_ex(out.get(), value, as_utf8) < 0) return "(unreadable)";
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string attribute_text(const ASN1_OBJECT* object) {
  const int nid = OBJ_obj2nid(object);
  if (nid == NID_pkcs9_emailAddress) return "EMAIL";
  if (nid != NID_undef) return OBJ_nid2sn(nid);
  std::array<char, 128> dotted{};
  OBJ_obj2txt(dotted.data(), static_cast<int>(dotted.size()), object, 1);
  return dotted.data();
}

void add(std::string& list, std::string_view item) {
  if (!list.empty()) list += ", ";
  list += item;
}

struct Bit {
  std::uint32_t bit;
  std::string_view name;
};

std::string bits_text(std::uint32_t value, std::span<const Bit> known) {
  std::string text;
  for (const Bit& bit : known) {
    if (value & bit.bit) add(text, bit.name);
  }
  return text.empty() ? "something else" : text;
}

}  // namespace

Result<std::vector<OwnedCertificate>> read_certificates(const Pem& pem) {
  return read_all<OwnedCertificate>(pem, "certificate", PEM_read_bio_X509);
}

Result<std::vector<OwnedRevocations>> read_revocations(const Pem& pem) {
  return read_all<OwnedRevocations>(pem, "revocation list", PEM_read_bio_X509_CRL);
}

Result<OwnedKey> read_key(const Pem& pem) {
  const OwnedBio bio = text_bio(pem);
  bool asked = false;
  ERR_clear_error();
  OwnedKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, &asked));
  const std::string complaint = openssl_says();
  if (key) return key;
  if (asked) {
    return std::unexpected(
        unusable(pem,
                 "is encrypted, and nobody can be asked for its passphrase; store the key without one, readable by its "
                 "owner only: openssl pkey -in ENCRYPTED -out PLAIN"));
  }
  if (pem.text.find("PRIVATE KEY-----") == std::string::npos) {
    return std::unexpected(unusable(pem, "holds no private key" + found_instead(pem)));
  }
  return std::unexpected(unusable(pem, "cannot be read: its private key is damaged (" + complaint + ")"));
}

std::string distinguished_name(const X509_NAME* name) {
  std::string text;
  int set = -1;
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* const entry = X509_NAME_get_entry(name, i);
    if (i > 0) text += X509_NAME_ENTRY_set(entry) == set ? '+' : ',';
    set = X509_NAME_ENTRY_set(entry);
    text += attribute_text(X509_NAME_ENTRY_get_object(entry)) + "=" + value_text(X509_NAME_ENTRY_get_data(entry));
  }
  return text;
}

std::string distinguished_name(const X509* certificate) {
  return distinguished_name(X509_get_subject_name(certificate));
}

std::string shown(std::string name) {
  if (name.size() <= shown_max) return name;
  name.resize(shown_max);
  return name + "...";
}

std::string shown(const X509* certificate) { return "'" + shown(distinguished_name(certificate)) + "'"; }

std::string time_text(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "(a time that cannot be read)";
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return {text.data(), size};
}

std::string hosts_text(const X509* certificate) {
  const Owned<GENERAL_NAMES, GENERAL_NAMES_free> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string text;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()) && text.size() < shown_max; ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) add(text, value_text(name->d.dNSName));
    if (name->type != GEN_IPADD) continue;
    const bool four = ASN1_STRING_length(name->d.iPAddress) == 4;
    const bool six = ASN1_STRING_length(name->d.iPAddress) == 16;
    std::array<char, INET6_ADDRSTRLEN> address{};
    if (four || six) {
      inet_ntop(four ? AF_INET : AF_INET6, ASN1_STRING_get0_data(name->d.iPAddress), address.data(), address.size());
    }
    add(text, four || six ? address.data() : "(an address that cannot be read)");
  }
  return shown(std::move(text));
}

std::string key_text(const X509* certificate) {
  const EVP_PKEY* const key = X509_get0_pubkey(certificate);
  if (key == nullptr) return "of an unknown kind";
  const char* const kind = EVP_PKEY_get0_type_name(key);
  return std::string(kind == nullptr ? "unknown" : kind) + " with " + std::to_string(EVP_PKEY_get_bits(key)) + " bits";
}

std::string usage_text(X509* certificate) {
  constexpr std::array<Bit, 3> extended{Bit{XKU_SSL_SERVER, "server authentication"},
                                        {XKU_SSL_CLIENT, "client authentication"},
                                        {XKU_CODE_SIGN, "code signing"}};
  constexpr std::array<Bit, 7> plain{Bit{KU_DIGITAL_SIGNATURE, "digital signature"},
                                     {KU_NON_REPUDIATION, "non repudiation"},
                                     {KU_KEY_ENCIPHERMENT, "key encipherment"},
                                     {KU_DATA_ENCIPHERMENT, "data encipherment"},
                                     {KU_KEY_AGREEMENT, "key agreement"},
                                     {KU_KEY_CERT_SIGN, "certificate signing"},
                                     {KU_CRL_SIGN, "revocation list signing"}};
  const std::uint32_t flags = X509_get_extension_flags(certificate);
  std::string text;
  if (flags & EXFLAG_KUSAGE) add(text, "key usage '" + bits_text(X509_get_key_usage(certificate), plain) + "'");
  if (flags & EXFLAG_XKUSAGE) {
    add(text, "extended key usage '" + bits_text(X509_get_extended_key_usage(certificate), extended) + "'");
  }
  return text.empty() ? "no key usage" : text;
}

std::size_t encoded_size(const X509* certificate) {
  const int size = i2d_X509(certificate, nullptr);
  return size < 0 ? 0 : static_cast<std::size_t>(size);
}

}  // namespace sluice::secure
