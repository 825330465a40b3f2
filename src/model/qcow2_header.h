#pragma once
// What the first bytes of a file say about it. A qcow2 image is known by its magic; everything else is raw. Facts:
// QEMU's docs/interop/qcow2.txt.

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "model/volume.h"

namespace sluice::model {

inline constexpr std::size_t qcow2_head = 4096;  // as much of a file as is looked at

struct Qcow2Header {
  std::uint64_t capacity = 0;  // bytes
  bool external_data = false;  // what the machine sees lies in another file
  // Where the name of the backing file lies in the file; size 0: it has none, or none that we believe.
  std::uint64_t backing_offset = 0;
  std::uint32_t backing_size = 0;
  VolumeFormat backing_format = VolumeFormat::raw;
  bool operator==(const Qcow2Header&) const = default;
};

// Nothing: it is no qcow2 image. Fields that lie beyond the end count as zeros.
std::optional<Qcow2Header> parse_qcow2(Bytes head);

}  // namespace sluice::model
