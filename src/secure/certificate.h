#pragma once
// Reading certificates, keys and revocation lists, and saying what is in them. What a certificate says is bounded and
// escaped here: the peer wrote it.
//
//   auto chain = read_certificates({"/etc/pki/CA/cacert.pem", text});
//   distinguished_name(X509_get_subject_name(chain->front().get()))    // C=GB,O=Probe,CN=client1

#include <string>
#include <vector>

#include "base/result.h"
#include "secure/openssl.h"
#include "secure/pem.h"

namespace sluice::secure {

Result<std::vector<OwnedCertificate>> read_certificates(const Pem& pem);  // at least one
Result<std::vector<OwnedRevocations>> read_revocations(const Pem& pem);   // at least one
Result<OwnedKey> read_key(const Pem& pem);

// In the certificate's own order and as GnuTLS prints it, so that libvirt's lists of allowed names fit. Not shortened:
// it is compared.
std::string distinguished_name(const X509_NAME* name);
std::string distinguished_name(const X509* certificate);  // of its subject
std::string shown(std::string name);                      // for people: shortened if it is very long
std::string shown(const X509* certificate);               // the same of its subject, in quotes
std::string time_text(const ASN1_TIME* time);             // 2026-11-25 21:03:02 UTC
std::string hosts_text(const X509* certificate);          // its DNS and IP names: "a.example, 192.0.2.1"
std::string key_text(const X509* certificate);            // "RSA with 1024 bits"
std::string usage_text(X509* certificate);                // "server authentication"; "key usage: ..."
std::size_t encoded_size(const X509* certificate);

}  // namespace sluice::secure
