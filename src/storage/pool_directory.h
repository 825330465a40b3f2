#pragma once
// A pool's directory on the disk: made, and taken away. Both block.

#include <string>

#include "model/pool.h"

namespace sluice::storage {

// With all that is missing above it. A directory that is there already gets the permissions that were asked for.
void make_directory(const model::PoolSpec& spec);
void remove_directory(const std::string& path);  // a Failure unless it is empty

}  // namespace sluice::storage
