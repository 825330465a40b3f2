#pragma once
// A volume gets another capacity.

#include "storage/access.h"

namespace sluice::storage {

io::Task<> resize_volume(const PoolDisk& disk, const Access& access, std::uint64_t capacity,
                         driver::ResizeOptions options);

}  // namespace sluice::storage
