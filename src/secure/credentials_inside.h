#pragma once
// The inside of Credentials: OpenSSL's context, from which each connection is made, and what its callbacks look at.

#include <string>
#include <vector>

#include "secure/allowed_names.h"
#include "secure/credentials.h"
#include "secure/network.h"
#include "secure/openssl.h"
#include "secure/refusal.h"

namespace sluice::secure {

// Of one handshake, as OpenSSL's callbacks find it (SSL_set_app_data).
struct Judgement {
  UnixTime now;
  std::string host = {};              // that the client wants
  std::optional<Error> refusal = {};  // why the peer's certificate was refused
};

struct Shown {
  std::vector<OwnedCertificate> chain;  // the certificate first
  OwnedKey key;
};

struct Credentials::Inside {
  Side side;
  std::string authorities, revocations;  // names of the files
  AllowedNames allowed;
  bool checks;  // the peer
  OwnedBioMethod network = network_method();
  OwnedContext context = {};
  std::vector<Shown> shown = {};

  Judged judged(std::string whose, Side owner) const {
    return {.whose = std::move(whose), .owner = owner, .authorities = authorities, .revocations = revocations};
  }
};

}  // namespace sluice::secure
