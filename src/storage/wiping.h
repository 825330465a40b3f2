#pragma once
// Every byte of a volume becomes zero.

#include "storage/access.h"

namespace sluice::storage {

// Raw ones only: an image of another format would be none any more.
io::Task<> wipe_volume(const PoolDisk& disk, const Access& access);

}  // namespace sluice::storage
