#pragma once
// The rules of volumes that hold on every ground. Each gives what follows from them, or a Failure that names the volume
// and what was wrong.

#include <cstdint>
#include <limits>

#include "driver/ground.h"

namespace sluice::driver {

// No file is larger, and therefore no volume.
inline constexpr std::uint64_t volume_max = std::numeric_limits<std::int64_t>::max();

// What a clone of `original`, which looks like `facts`, will be.
model::VolumeSpec clone_of(const model::VolumeFacts& facts, const Held& original, const model::VolumeSpec& asked,
                           const Held& clone);

// The capacity after a resize of a volume that has `now` bytes. As in libvirt a difference is a positive number, and
// `shrink` is its sign.
std::uint64_t capacity_after(const Held& volume, std::uint64_t now, std::uint64_t asked, ResizeOptions options);

// What of a range lies behind the end of the volume is refused, is not moved, or makes the volume grow.
enum class Beyond : std::uint8_t { refused, cut, grows };

// How many bytes a transfer may move: of `range`, in a volume of `size` bytes.
std::uint64_t length_of(const Range& range, std::uint64_t size, Beyond beyond, const std::string& quoted_volume);

}  // namespace sluice::driver
