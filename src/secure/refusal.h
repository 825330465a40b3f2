#pragma once
// Why a certificate is refused, as a sentence that names the certificate, what is wrong with it, and how to mend it.
//
//   X509_verify_cert(store) <= 0  ->  refusal(judged_by(store, ...))

#include <string>
#include <string_view>

#include "secure/openssl.h"
#include "secure/side.h"

namespace sluice::secure {

struct Judged {
  std::string whose;        // "the client's certificate", "the certificate in 'servercert.pem'"
  Side owner;               // who shows it
  std::string authorities;  // the file that names the trusted CAs
  std::string revocations;  // and what they revoked
  std::string host = {};    // that the client wanted
};

// After the verification in `store` failed.
std::string refusal(X509_STORE_CTX* store, const Judged& judged);
std::string weakness(X509* certificate);  // " has a weak key, ..."; empty: it is strong enough for any peer
std::string not_allowed(const X509* certificate, const Judged& judged);  // by the list of names

}  // namespace sluice::secure
