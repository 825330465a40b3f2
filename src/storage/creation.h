#pragma once
// New volumes, empty ones and clones. Each is made under another name and gets its own when it is whole; a failure or a
// cancellation leaves nothing.

#include "model/volume.h"
#include "storage/access.h"

namespace sluice::storage {

io::Task<> create_volume(const PoolDisk& disk, const Access& access, const model::VolumeSpec& spec);
// What the original holds; the capacity of `spec` is at least as large.
io::Task<> clone_volume(const PoolDisk& disk, const Access& access, const model::VolumeSpec& spec,
                        const Access& original);

}  // namespace sluice::storage
