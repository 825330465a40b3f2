#pragma once
// OpenSSL's context as Sluice wants it, for both sides: versions, ciphers, nothing that can be resumed or renegotiated;
// and the callbacks that choose our certificate and judge the peer's.

#include "secure/credentials_inside.h"

namespace sluice::secure {

inline constexpr int security_level = 2;  // RSA from 2048 bits, curves from 224, no SHA-1:
inline constexpr int security_bits = 112;

OwnedContext make_context(Side side);
void ask_clients(Credentials::Inside& in, bool must_show);  // the daemon's part
Result<> face_daemons(Credentials::Inside& in);             // the client's part

// Borrows certificates for a call into OpenSSL: those behind the first.
class CertificateStack {
 public:
  explicit CertificateStack(const std::vector<OwnedCertificate>& chain);
  ~CertificateStack() { sk_X509_free(stack_); }
  CertificateStack(const CertificateStack&) = delete;
  CertificateStack& operator=(const CertificateStack&) = delete;
  STACK_OF(X509) * get() const { return stack_; }

 private:
  STACK_OF(X509) * stack_;
};

}  // namespace sluice::secure
