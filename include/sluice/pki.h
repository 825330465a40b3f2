#pragma once
// Certificates for TLS between clients and daemons: an authority of one's own, what it issues, and whether a set that
// is there already will do. A directory holds them under libvirt's names, as `sluiced --pki` and a URI's pkipath= take
// it:
//
//   pki::make_authority("/srv/pki", {.name = "Example CA"});                         // cacert.pem, cakey.pem
//   pki::issue_daemon("/srv/pki", {.hosts = {"node1.example", "192.0.2.7"}});        // servercert.pem, serverkey.pem
//   pki::issue_client("/srv/pki", {.name = "O=Example,CN=alice"});                   // clientcert.pem, clientkey.pem
//   for (const pki::Checked& good : pki::check({.directory = "/srv/pki"})) ...
//
// Nothing is written over, and nothing half-done is left. Keys are P-256, without a passphrase, and readable by their
// owner alone; cakey.pem belongs on no daemon and no client. All throw Failure, which names the file. They read and
// write files on the thread that calls them, and may be used from any thread.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "sluice/error.h"

namespace sluice {
inline namespace v1 {
namespace pki {

struct AuthorityOptions {
  std::string name = "Sluice CA";  // common name, or a whole distinguished name: "O=Example,CN=Example CA"
  std::chrono::days lasts{3650};   // from 1 day to 100 years, like the others
};
[[gnu::visibility("default")]] void make_authority(const std::string& directory, const AuthorityOptions& options = {});

struct DaemonOptions {
  std::vector<std::string> hosts;  // names and addresses under which clients reach it; at least one
  std::string name = {};           // the first of them if empty
  std::chrono::days lasts{365};    // no longer than the authority
};
[[gnu::visibility("default")]] void issue_daemon(const std::string& directory, const DaemonOptions& options);

struct ClientOptions {
  std::string name;              // whom the daemon sees: sluiced --tls-allowed
  std::chrono::days lasts{365};  // no longer than the authority
};
[[gnu::visibility("default")]] void issue_client(const std::string& directory, const ClientOptions& options);

struct CheckOptions {
  std::string directory = {};  // empty: where libvirt has them
  std::string host = {};       // under which clients reach the daemon, whose certificate is checked then
  enum class Which : std::uint8_t { there, daemon, client } which = Which::there;
};
// A certificate that its own side and the other one will take, with the key, the chain and the revocation list beside
// it.
struct Checked {
  std::string file;
  std::string name;   // distinguished name of its owner
  std::string hosts;  // of a daemon's: "node1.example, 192.0.2.7"
  std::chrono::sys_seconds until;
};
// Throws what the daemon or the client would say of the first that is wrong, with how to mend it.
[[gnu::visibility("default")]] std::vector<Checked> check(const CheckOptions& options = {});

}  // namespace pki
}  // namespace v1
}  // namespace sluice
