#pragma once
// Where certificates lie, which is where libvirt has them, so that existing ones work; and credentials made of them.
// Reads files: call it on a thread of the disk.
//
//   auto [credentials, revokes] = daemon_credentials(daemon_places(), {}, today());
//                                                                            // a Failure names the file
//   auto credentials = client_credentials(client_places("/my/pki", {}), Check::daemon, today());

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "secure/credentials.h"

namespace sluice::link {

struct CertificatePlaces {
  std::string authorities;  // the CAs that are trusted
  std::string revocations;  // of theirs; need not be there
  std::string certificate;  // our own
  std::string key;
  bool operator==(const CertificatePlaces&) const = default;
};

// Who asks: of the environment.
struct Asker {
  bool root = false;
  std::string home;
};

CertificatePlaces daemon_places();
CertificatePlaces daemon_places(const std::string& directory);  // all in one, by libvirt's names for it
// `directory` is a URI's pkipath, empty if it has none. A user has certificates of his own in ~/.pki/libvirt, if he has
// any there.
CertificatePlaces client_places(const std::string& directory, const Asker& asker);

// A Failure names the file that is missing, cannot be read or is wrong.
struct DaemonCredentials {
  std::shared_ptr<const secure::Credentials> credentials;
  bool revokes;  // there is a revocation list
};
struct WhoMayCome {
  secure::DaemonFiles::Clients clients = secure::DaemonFiles::Clients::need_certificate;
  std::optional<std::vector<std::string>> allowed = {};  // names of certificates (secure/allowed_names.h); none: any
};
DaemonCredentials daemon_credentials(const CertificatePlaces& places, const WhoMayCome& who, secure::UnixTime now);
// Without a certificate of our own, or without CAs for `none`, the rest must do.
std::shared_ptr<const secure::Credentials> client_credentials(const CertificatePlaces& places,
                                                              secure::ClientFiles::Check check, secure::UnixTime now);

secure::Pem read_pem(const std::string& path);  // at most 1 MiB; a Failure says why it cannot be read

secure::UnixTime today();

}  // namespace sluice::link
