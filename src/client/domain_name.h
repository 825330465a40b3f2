#pragma once
// How a machine is named: as the daemon's calls want it, and as text.

#include <string>

#include "remote/types.h"

namespace sluice::client {

struct DomainName {
  explicit DomainName(remote::DomainRef given) : ref(std::move(given)), uuid(ref.uuid.text()) {}
  remote::DomainRef ref;
  std::string uuid;
};

}  // namespace sluice::client
