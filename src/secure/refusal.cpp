#include "secure/refusal.h"

#include <openssl/x509v3.h>

#include "secure/certificate.h"
#include "secure/context.h"

namespace sluice::secure {
namespace {

std::string authorities_text(const Judged& judged) { return "the CAs in '" + judged.authorities + "'"; }

std::string issuer_text(const X509* certificate) {
  return "'" + shown(distinguished_name(X509_get_issuer_name(certificate))) + "'";
}

std::string serial_text(const X509* certificate) {
  const Owned<BIGNUM, BN_free> number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  char* const digits = number ? BN_bn2hex(number.get()) : nullptr;
  std::string text = digits == nullptr ? "?" : digits;
  OPENSSL_free(digits);
  return text;
}

std::string wrong_usage(X509* certificate, const Judged& judged) {
  const std::string needed = judged.owner == Side::client ? "client authentication" : "server authentication";
  return " may not be used by a " + std::string(name(judged.owner)) + ": it has " + usage_text(certificate) +
         "; have it issued with key usage 'digital signature' and extended key usage '" + needed +
         "', or without either";
}

std::string wrong_host(const X509* certificate, const Judged& judged) {
  const std::string hosts = hosts_text(certificate);
  return " is not for '" + judged.host + "' but for " + (hosts.empty() ? "no host name or address" : hosts) +
         "; connect by a name it has, or have it issued with this one as a subject alternative name";
}

std::string unknown_issuer(const X509* certificate, const X509_STORE_CTX* store, const Judged& judged) {
  STACK_OF(X509)* const namesakes = X509_STORE_CTX_get1_certs(
      const_cast<X509_STORE_CTX*>(store), const_cast<X509_NAME*>(X509_get_issuer_name(certificate)));
  const bool known = sk_X509_num(namesakes) > 0;
  sk_X509_pop_free(namesakes, X509_free);
  if (known) {
    return " was issued by a CA " + issuer_text(certificate) + " that is not the one of that name in '" +
           judged.authorities + "'; have it issued by that one, or add the other CA to the file";
  }
  return " was issued by " + issuer_text(certificate) + ", which is none of " + authorities_text(judged) +
         "; have it issued by one of them, add its CA to that file, or show the CAs between them behind the "
         "certificate";
}

std::string weak_key(X509* certificate) {
  return " has a weak key, " + key_text(certificate) + "; make a new one: RSA with 2048 bits or more, or P-256";
}

std::string weak_hash(const X509* certificate) {
  return " is signed with a weak hash, " + std::string(OBJ_nid2ln(X509_get_signature_nid(certificate))) +
         "; have it issued anew with SHA-256";
}

std::string revocation_file(const Judged& judged) { return "'" + judged.revocations + "'"; }

// OpenSSL does not remember which list it was: the first of that CA's.
std::string list_times(const X509* certificate, const X509_STORE_CTX* store) {
  STACK_OF(X509_CRL)* const lists = X509_STORE_CTX_get1_crls(store, X509_get_issuer_name(certificate));
  const X509_CRL* const list = sk_X509_CRL_num(lists) > 0 ? sk_X509_CRL_value(lists, 0) : nullptr;
  std::string text = " is not valid now";
  if (list != nullptr && X509_CRL_get0_nextUpdate(list) != nullptr) {
    text = " is valid from " + time_text(X509_CRL_get0_lastUpdate(list)) + " until " +
           time_text(X509_CRL_get0_nextUpdate(list));
  }
  sk_X509_CRL_pop_free(lists, X509_CRL_free);
  return text;
}

// What is wrong with this certificate.
std::string wrong_with(int error, X509* certificate, X509_STORE_CTX* store, const Judged& judged) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return " expired at " + time_text(X509_get0_notAfter(certificate)) + "; renew it";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return " is not valid before " + time_text(X509_get0_notBefore(certificate)) +
             "; wait until then, or set the clock of this machine or of the CA's right";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return " is signed by itself; have it issued by one of " + authorities_text(judged);
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return " signed itself and is none of " + authorities_text(judged) + "; add it there if it can be trusted";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED: return unknown_issuer(certificate, store, judged);
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return " was not signed by the CA it names, " + issuer_text(certificate) + " in '" + judged.authorities +
             "'; another CA of the same name issued it, or it was changed: have it issued anew";
    case X509_V_ERR_INVALID_PURPOSE: return wrong_usage(certificate, judged);
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
      return " issued it but is no CA (basic constraints, or " + usage_text(certificate) +
             "); have the certificate issued by a CA";
    case X509_V_ERR_CERT_REVOKED:
      return " was revoked by " + issuer_text(certificate) + " (serial number " + serial_text(certificate) + " in " +
             revocation_file(judged) + "); have a new one issued";
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
      return " cannot be looked up: the revocation list of " + issuer_text(certificate) + " in " +
             revocation_file(judged) + list_times(certificate, store) + "; fetch the CA's present list";
    case X509_V_ERR_UNABLE_TO_GET_CRL:
      return " cannot be looked up: " + revocation_file(judged) + " has no revocation list of " +
             issuer_text(certificate) + "; add that CA's list";
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
      return " cannot be looked up: the revocation list of " + issuer_text(certificate) + " in " +
             revocation_file(judged) + " was not signed by it; fetch the list anew";
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL: return weak_key(certificate);
    case X509_V_ERR_CA_MD_TOO_WEAK: return weak_hash(certificate);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return wrong_host(certificate, judged);
    default: return std::string(" was refused: ") + X509_verify_cert_error_string(error);
  }
}

}  // namespace

std::string refusal(X509_STORE_CTX* store, const Judged& judged) {
  const int error = X509_STORE_CTX_get_error(store);
  X509* const certificate = X509_STORE_CTX_get_current_cert(store);
  if (error == X509_V_ERR_CERT_CHAIN_TOO_LONG) {
    return judged.whose + " stands behind too many CAs; at most " +
           std::to_string(X509_VERIFY_PARAM_get_depth(X509_STORE_CTX_get0_param(store))) + " may be between it and " +
           authorities_text(judged);
  }
  if (certificate == nullptr) return judged.whose + " was refused: " + X509_verify_cert_error_string(error);
  const bool its_own = X509_STORE_CTX_get_error_depth(store) == 0;
  const std::string subject = its_own ? judged.whose + ", " + shown(certificate) + ","
                                      : "the CA " + shown(certificate) + " behind " + judged.whose;
  return subject + wrong_with(error, certificate, store, judged);
}

// As OpenSSL measures what it is to show: nobody looks at a signature that a certificate made of itself.
std::string weakness(X509* certificate) {
  const EVP_PKEY* const key = X509_get0_pubkey(certificate);
  if (key != nullptr && EVP_PKEY_get_security_bits(key) < security_bits) return weak_key(certificate);
  int bits = 0;
  const bool by_itself = (X509_get_extension_flags(certificate) & EXFLAG_SS) != 0;
  const bool measured = X509_get_signature_info(certificate, nullptr, nullptr, &bits, nullptr) == 1;
  if (!by_itself && measured && bits < security_bits) return weak_hash(certificate);
  return "";
}

std::string not_allowed(const X509* certificate, const Judged& judged) {
  return judged.whose + ", " + shown(certificate) +
         ", is in order, but its name is not in the list of allowed names; add " +
         "it there, exactly or as a pattern, if this client may connect";
}

}  // namespace sluice::secure
