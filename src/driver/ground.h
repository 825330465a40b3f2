#pragma once
// What pools stand on, and the only part in which one storage differs from another: a Ground knows where the bytes of
// an active pool's volumes are, a Site where those of one pool are made, opened and taken away, Grounds what all pools
// of a storage share. The rules of pools and volumes are kept above them (grounded_pool.h, grounded_volume.h), where
// the volume of every call was looked up and taken into use already.
//
// Failures are io::Failure with ErrorDomain::storage. A cancelled method is over when it returns, but for work that
// holds the `use` of its volume.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "driver/let_go.h"
#include "driver/storage.h"
#include "driver/store.h"
#include "model/pool.h"
#include "model/volume.h"

namespace sluice::driver {

struct Ground;

// A volume somebody works on: what it lies on, and the right to work on it until the last copy of this dies.
struct Held {
  std::shared_ptr<Ground> ground;
  std::string pool, name;
  std::shared_ptr<void> use;

  std::string quoted() const { return "volume '" + name + "' of storage pool '" + pool + "'"; }
};

// Called on the executor of whoever asks. Work lasts as long as the `Held` it was given.
struct Ground {
  virtual ~Ground() = default;
  virtual std::string path_of(const std::string& name) const = 0;
  virtual Task<model::PoolFigures> figures() = 0;
  virtual Task<std::vector<std::string>> names() = 0;  // of its volumes, sorted
  virtual Task<bool> contains(std::string name) = 0;

  // A volume is whole or absent: Code::storage_vol_exist if there is one of that name.
  virtual Task<> create(Held volume, model::VolumeSpec spec) = 0;
  // The original lies on a ground of the same storage, is whole, and no larger than the capacity of `spec`.
  virtual Task<> clone(Held volume, model::VolumeSpec spec, Held original) = 0;
  // Of a volume that is there; Code::no_storage_vol otherwise.
  virtual Task<model::VolumeFacts> facts(Held volume) = 0;
  virtual Task<> resize(Held volume, std::uint64_t capacity, ResizeOptions options) = 0;
  virtual Task<> wipe(Held volume) = 0;
  virtual Task<> remove(Held volume) = 0;
  // Writes that may go on behind a cancellation are held by `writes`.
  virtual Task<> upload(Held volume, Range range, io::Source& from, Job& job, LetGo& writes) = 0;
  virtual Task<> download(Held volume, Range range, io::Sink& to, Job& job) = 0;  // finishes `to`
};

enum class Opening : std::uint8_t { first, again };  // again: of a pool that is active already

// As long as its pool; called on the storage's strand. Work that goes on behind a cancellation holds `change`.
struct Site {
  virtual ~Site() = default;
  // One that is there gets what was asked for.
  virtual Task<> make(model::PoolSpec spec, std::shared_ptr<void> change) = 0;
  virtual Task<> take_away(std::string path, std::shared_ptr<void> change) = 0;  // refused unless it is empty
  virtual Task<std::shared_ptr<Ground>> open(std::string path, Opening opening, std::shared_ptr<void> change) = 0;
};

// Called on the storage's strand.
struct Grounds {
  virtual ~Grounds() = default;
  virtual std::unique_ptr<Site> site(const std::string& pool) = 0;  // of a new one
  // What outlives the storage. Whether it happened is known also after a cancellation.
  virtual Task<> put(PoolDefinition definition) = 0;
  virtual Task<> remove_definition(Uuid uuid) = 0;
};

}  // namespace sluice::driver
