#pragma once
// How pools and volumes are named: as the daemon's calls want it, and as text.

#include <string>

#include "remote/storage.h"

namespace sluice::client {

struct PoolName {
  explicit PoolName(remote::StoragePoolRef given) : ref(std::move(given)), uuid(ref.uuid.text()) {}
  remote::StoragePoolRef ref;
  std::string uuid;
};

struct VolumeName {
  remote::StorageVolRef ref;
};

}  // namespace sluice::client
