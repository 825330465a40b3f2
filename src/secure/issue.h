#pragma once
// Makes certificates: an authority that signs itself, and what it issues to daemons and clients. Keys are P-256;
// libvirt's clients and daemons accept the certificates, whose usage is theirs.
//
//   auto ca = make_authority({.name = "Example CA", .from = now, .until = now + 10 years});
//   auto node = issue(ca->certificate, ca->key, {.side = Side::daemon, .name = "node1", .hosts = {"node1.example"},
//   ...});

#include <string>
#include <vector>

#include "secure/credentials.h"
#include "secure/side.h"

namespace sluice::secure {

struct MadeCertificate {
  std::string certificate, key;  // PEM
};

struct Period {
  UnixTime from, until;
};

// `name` is a common name, or a distinguished one: "O=Example,CN=Example CA". A comma in a value has a backslash before
// it.
Result<MadeCertificate> make_authority(const std::string& name, Period period);

struct Wanted {
  Side side;
  std::string name;
  std::vector<std::string> hosts = {};  // names and addresses of a daemon
  Period period;                        // within the authority's own
};
Result<MadeCertificate> issue(const OwnCertificate& authority, const Wanted& wanted);

// What is in a certificate, for people.
struct Inspected {
  std::string name, hosts;
  UnixTime until;
};
// With a host: fails if it is none of the certificate's.
Result<Inspected> inspect(const Pem& certificate, const std::string& host);

}  // namespace sluice::secure
