#include "secure/complaint.h"

#include "base/limits.h"

namespace sluice::secure {
namespace {

// The peer's alert about our certificate, as far as an alert can say it.
const char* certificate_alert(int alert) {
  switch (alert) {
    case SSL_AD_BAD_CERTIFICATE: return "it refuses it as bad";
    case SSL_AD_UNSUPPORTED_CERTIFICATE: return "it may not be used for this";
    case SSL_AD_CERTIFICATE_REVOKED: return "it was revoked";
    case SSL_AD_CERTIFICATE_EXPIRED: return "it has expired";
    case SSL_AD_CERTIFICATE_UNKNOWN: return "it refuses it";
    case SSL_AD_UNKNOWN_CA: return "it does not trust the CA that issued it";
    case SSL_AD_DECRYPT_ERROR: return "its signature is wrong";
    default: return nullptr;
  }
}

std::string alert_text(int alert, Side side, bool handshaking) {
  const std::string peer = "the " + std::string(name(other(side)));
  const std::string ours = "this " + std::string(name(side));
  const std::string number =
      " (TLS alert " + std::to_string(alert) + ", " +
      (alert == SSL_AD_CERTIFICATE_REQUIRED ? "certificate required"  // younger than OpenSSL's list
                                            : SSL_alert_desc_string_long(alert)) +
      ")";
  if (alert == SSL_AD_CERTIFICATE_REQUIRED || (alert == SSL_AD_HANDSHAKE_FAILURE && side == Side::client)) {
    const std::string lack = alert == SSL_AD_CERTIFICATE_REQUIRED
                                 ? " wants a certificate and " + ours + " has shown none"
                                 : " and " + ours +
                                       " did not agree: it may want a certificate that was "
                                       "not shown, or other versions or ciphers";
    return peer + lack + number;
  }
  if (const char* const why = certificate_alert(alert); why != nullptr && handshaking) {
    return peer + " refuses the certificate of " + ours + ": " + why + number + "; its own log says more";
  }
  if (alert == SSL_AD_PROTOCOL_VERSION) return peer + " speaks neither TLS 1.3 nor TLS 1.2" + number;
  return peer + " ended the connection" + number;
}

// `reason` is TLS's, or none of it and `code` another part's.
std::string reason_text(int reason, unsigned long code, Side side, bool handshaking) {
  const std::string peer = "the " + std::string(name(other(side)));
  const bool strange = reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
                       reason == SSL_R_HTTPS_PROXY_REQUEST || reason == SSL_R_BAD_RECORD_TYPE;
  if (strange && handshaking) {
    return "what arrived is not TLS: " + peer + " may not use TLS, or the port may be another service's";
  }
  switch (reason) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return peer + " has shown no certificate, and one is required";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW: return peer + " offers only versions of TLS before 1.2";
    case SSL_R_NO_SHARED_CIPHER:
      return peer + " and this " + std::string(name(side)) + " have no cipher in common that is strong enough";
    case SSL_R_EXCESSIVE_MESSAGE_SIZE:
      return peer + " sent a longer message in its handshake than it may (certificates: at most " +
             std::to_string(limits::tls_chain_max) + " bytes)";
    case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
      return "what arrived was changed on its way: its authentication code is wrong";
    default: break;
  }
  const char* const words = ERR_reason_error_string(code);
  return peer + " did not keep to TLS: " + (words != nullptr ? std::string(words) : "reason " + std::to_string(reason));
}

}  // namespace

Error complaint(Side side, bool handshaking, const std::optional<Error>& refusal) {
  // What other parts of OpenSSL say comes first, in numbers of their own; what it means for TLS comes behind.
  const unsigned long first = ERR_get_error();
  unsigned long code = first;
  while (code != 0 && ERR_GET_LIB(code) != ERR_LIB_SSL) code = ERR_get_error();
  ERR_clear_error();
  const int reason = code != 0 ? ERR_GET_REASON(code) : 0;
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && refusal) return *refusal;
  if (reason < SSL_AD_REASON_OFFSET) {
    const bool lacks = reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE;
    return {.code = lacks ? Code::auth_failed : Code::rpc,
            .message = reason_text(reason, code != 0 ? code : first, side, handshaking),
            .domain = ErrorDomain::rpc};
  }
  const int alert = reason - SSL_AD_REASON_OFFSET;
  const bool ours = handshaking && (certificate_alert(alert) != nullptr || alert == SSL_AD_CERTIFICATE_REQUIRED);
  return {.code = ours ? Code::auth_failed : Code::rpc,
          .message = alert_text(alert, side, handshaking),
          .domain = ErrorDomain::rpc,
          .origin = Origin::remote};
}

}  // namespace sluice::secure
