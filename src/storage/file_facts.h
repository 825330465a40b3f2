#pragma once
// What a volume's file says of itself. Blocks: called on the Disk's threads.

#include <cstdint>
#include <string>

#include "io/fd.h"
#include "model/volume.h"

namespace sluice::storage {

class Place;

// All but `incomplete`, which no file knows.
model::VolumeFacts facts_of(const io::Fd& file, const Place& place, const std::string& name);

// An image may name other files of this host, and qemu-img would read or change them with the daemon's rights, whoever
// wrote that name: a guest could, into a raw disk. Throws if this one does; `what` is not done then.
enum class Backing : std::uint8_t { refused, allowed };
void refuse_foreign_files(const io::Fd& file, const std::string& path, const std::string& what, Backing backing);

}  // namespace sluice::storage
