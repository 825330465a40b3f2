#pragma once
// What clients call pools and volumes, as the storage of this host knows them.

#include "io/failure.h"
#include "remote/storage.h"
#include "service/world.h"

namespace sluice::service {

inline driver::Storage& storage_of(World& world) {
  driver::Storage* const storage = world.host.storage();
  if (storage == nullptr) io::fail(Code::no_support, "this host has no storage pools", ErrorDomain::storage);
  return *storage;
}

// A pool counts by its uuid only: he who names it may hold an old name.
inline io::Task<std::shared_ptr<driver::Pool>> pool_of(World& world, const remote::StoragePoolRef& pool) {
  return driver::lookup_pool(storage_of(world), pool.uuid);
}

// A volume counts by the names of its pool and its own: a key is a path, and paths are not taken from clients.
inline io::Task<std::shared_ptr<driver::Volume>> volume_of(World& world, const remote::StorageVolRef& vol) {
  return driver::lookup_volume(storage_of(world), vol.pool, vol.name);
}

inline remote::StoragePoolRef wire_ref(const driver::PoolRef& ref) { return {.name = ref.name, .uuid = ref.uuid}; }

inline remote::StorageVolRef wire_ref(const driver::VolumeRef& ref) {
  return {.pool = ref.pool, .name = ref.name, .key = ref.key};
}

}  // namespace sluice::service
