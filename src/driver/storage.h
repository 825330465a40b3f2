#pragma once
// What a host that has disks for its machines can do with them: pools, and volumes in pools. A facet of Host
// (Host::storage); a host without it has none.
//
//   auto pool = co_await lookup_pool(storage, "default");
//   auto volume = co_await pool->create(xml);
//   co_await volume->upload({.offset = 0}, source, job);      // returns when every byte is on the disk
//   co_await volume->download({.sparse = true}, sink, job);   // finishes the sink
//
// Every method may be called from a task on any executor; bulk bytes stay on the executor of the caller. Failures are
// io::Failure with ErrorDomain::storage. Numbers of enumerators are libvirt's.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "driver/job.h"
#include "io/stream.h"

namespace sluice::driver {

using io::Task;

struct PoolRef {
  std::string name;
  Uuid uuid;
  bool operator==(const PoolRef&) const = default;
};

struct VolumeRef {
  std::string pool, name;
  std::string key;  // unique on this host: the path of a file
  bool operator==(const VolumeRef&) const = default;
};

enum class PoolState : std::int32_t { inactive = 0, building = 1, running = 2, degraded = 3, inaccessible = 4 };

struct PoolInfo {  // bytes
  PoolState state = PoolState::inactive;
  std::uint64_t capacity = 0, allocation = 0, available = 0;
};

enum class VolumeType : std::int32_t { file = 0, block = 1, dir = 2, network = 3 };

struct VolumeInfo {  // bytes
  VolumeType type = VolumeType::file;
  std::uint64_t capacity = 0;    // what a machine sees
  std::uint64_t allocation = 0;  // what it takes of the pool
  std::uint64_t physical = 0;    // the length of the file
};

// Which part of a volume a transfer is about, in bytes of the file.
struct Range {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;  // 0: to the end
  bool sparse = false;       // holes travel as holes
};

struct ResizeOptions {
  bool allocate = false;  // new space is allocated at once
  bool delta = false;     // the capacity is a difference
  bool shrink = false;    // without it a smaller capacity is refused
};

struct Volume {
  virtual ~Volume() = default;
  virtual VolumeRef ref() const = 0;
  virtual std::string path() const = 0;
  virtual Task<VolumeInfo> info() = 0;
  virtual Task<std::string> xml() = 0;
  virtual Task<> resize(std::uint64_t capacity, ResizeOptions options) = 0;
  virtual Task<> wipe() = 0;    // every byte becomes zero
  virtual Task<> remove() = 0;  // with its bytes; refused while a transfer is under way
  // Writes what comes to the range; a byte more than the range has is an error, fewer are not. The old bytes under a
  // hole become zeros. Until it returns the volume is incomplete, and says so in its XML.
  virtual Task<> upload(Range range, io::Source& from, Job& job) = 0;
  // Reads the range; the end of the volume ends it early. Finishes `to`.
  virtual Task<> download(Range range, io::Sink& to, Job& job) = 0;
};

struct Pool {
  virtual ~Pool() = default;
  virtual PoolRef ref() const = 0;
  virtual Task<PoolInfo> info() = 0;
  virtual Task<std::string> xml(bool inactive) = 0;
  virtual Task<bool> active() = 0;
  virtual Task<bool> persistent() = 0;
  virtual Task<bool> autostart() = 0;
  virtual Task<> set_autostart(bool on) = 0;

  virtual Task<> build() = 0;     // makes its place
  virtual Task<> start() = 0;     // the place must be there
  virtual Task<> stop() = 0;      // libvirt's "destroy": its volumes stay; a transient pool is forgotten
  virtual Task<> refresh() = 0;   // looks again what is there
  virtual Task<> remove() = 0;    // libvirt's "delete": its place, if that is empty; refused while it is active
  virtual Task<> undefine() = 0;  // forgets it; refused while it is active

  // Of an active pool; Code::operation_invalid otherwise.
  virtual Task<std::vector<std::shared_ptr<Volume>>> volumes() = 0;  // by name
  virtual Task<std::shared_ptr<Volume>> find(std::string name) = 0;  // null: there is none
  virtual Task<std::shared_ptr<Volume>> create(std::string xml) = 0;
  virtual Task<std::shared_ptr<Volume>> create_from(std::string xml, Volume& original) = 0;  // a clone
};

// Something happened to a pool. Numbers of libvirt's storage pool lifecycle events: 0 defined, 1 undefined, 2 started,
// 3 stopped, 4 created, 5 deleted; or it was refreshed.
struct PoolEvent {
  static constexpr std::int32_t refreshed = -1;
  PoolRef pool;
  std::int32_t event = 0;
};

struct Storage {
  virtual ~Storage() = default;
  virtual Task<std::shared_ptr<Pool>> define(std::string xml) = 0;
  virtual Task<std::shared_ptr<Pool>> create(std::string xml, bool build) = 0;  // transient, started
  virtual Task<std::vector<std::shared_ptr<Pool>>> pools() = 0;                 // by name
  virtual Task<std::shared_ptr<Pool>> find_pool(Uuid uuid) = 0;                 // null: there is none
  virtual Task<std::shared_ptr<Pool>> find_pool(std::string name) = 0;
  virtual Task<std::shared_ptr<Volume>> find_volume_by_key(std::string key) = 0;  // in active pools
  virtual Task<std::shared_ptr<Volume>> find_volume_by_path(std::string path) = 0;
  // Called on the storage's own executor until the returned token dies.
  virtual std::shared_ptr<void> watch(std::function<void(const PoolEvent&)> told) = 0;
};

// As the find functions; a Failure that names what was looked for instead of null (codes no_storage_pool,
// no_storage_vol).
Task<std::shared_ptr<Pool>> lookup_pool(Storage& storage, Uuid uuid);
Task<std::shared_ptr<Pool>> lookup_pool(Storage& storage, std::string name);
Task<std::shared_ptr<Volume>> lookup_volume(Storage& storage, std::string pool, std::string name);

}  // namespace sluice::driver
