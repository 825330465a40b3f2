#pragma once
// OpenSSL's objects with owners, and its queue of errors as a sentence.

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace sluice::secure {

template <auto release>
struct Releases {
  template <class T>
  void operator()(T* object) const {
    static_cast<void>(release(object));
  }
};
template <class T, auto release>
using Owned = std::unique_ptr<T, Releases<release>>;

using OwnedBio = Owned<BIO, BIO_free>;
using OwnedBioMethod = Owned<BIO_METHOD, BIO_meth_free>;
using OwnedCertificate = Owned<X509, X509_free>;
using OwnedContext = Owned<SSL_CTX, SSL_CTX_free>;
using OwnedKey = Owned<EVP_PKEY, EVP_PKEY_free>;
using OwnedRevocations = Owned<X509_CRL, X509_CRL_free>;
using OwnedSsl = Owned<SSL, SSL_free>;
using OwnedStoreContext = Owned<X509_STORE_CTX, X509_STORE_CTX_free>;

// What OpenSSL complained about first, in its own words; empties the queue of this thread.
inline std::string openssl_says() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  if (reason != nullptr) return reason;
  return code == 0 ? "no reason given" : "reason " + std::to_string(ERR_GET_REASON(code));
}

}  // namespace sluice::secure
