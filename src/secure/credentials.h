#pragma once
// Credentials are what one side shows and what it trusts: certificates with their keys, CAs, revocation lists, names.
// They are checked whole when they are made, with the same sentences as a peer's, so that a daemon says in the evening
// what its clients would say in the morning.
//
//   auto credentials = Credentials::daemon({.authorities = ca, .certificates = {{cert, key}}, .allowed = names}, now);
//   if (!credentials) log(credentials.error());
//   Tls tls(*credentials, {.now = now});
//
// They never change and any thread may use them. Renewal makes new ones for new connections; those that are open keep
// the old, which is why ownership is shared.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "secure/pem.h"

namespace sluice::secure {

using UnixTime = std::chrono::sys_seconds;

struct OwnCertificate {
  Pem certificate;  // and behind it the CAs between it and the trusted one, if there are any
  Pem key;          // without a passphrase
};

struct DaemonFiles {
  Pem authorities;                           // whose clients are let in
  std::optional<Pem> revocations = {};       // of these CAs; the list of a client's own CA must be there then
  std::vector<OwnCertificate> certificates;  // by the host names in them; the first for clients that name none of them
  enum class Clients : std::uint8_t { need_certificate, may_lack_certificate };
  Clients clients = Clients::need_certificate;           // one that is shown is checked in any case
  std::optional<std::vector<std::string>> allowed = {};  // distinguished names (allowed_names.h)
};

struct ClientFiles {
  std::optional<Pem> authorities;  // whose daemons are trusted; needed unless `none`
  std::optional<Pem> revocations = {};
  std::optional<OwnCertificate> certificate = {};
  enum class Check : std::uint8_t {
    daemon,
    none
  };  // none is libvirt's no_verify: anybody may pretend to be the daemon
  Check check = Check::daemon;
};

class Credentials {
 public:
  using Made = Result<std::shared_ptr<const Credentials>>;
  static Made daemon(const DaemonFiles& files, UnixTime now);
  static Made client(const ClientFiles& files, UnixTime now);

  struct Inside;
  explicit Credentials(std::unique_ptr<Inside> inside);
  ~Credentials();
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;
  const Inside& inside() const { return *inside_; }

 private:
  std::unique_ptr<Inside> inside_;
};

}  // namespace sluice::secure
