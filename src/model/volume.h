#pragma once
// Libvirt's storage volume XML in and out: what a client asks to be created, and what is told of a volume that is
// there.
//
//   auto spec = parse_volume(text);                       // a wish
//   print_volume(facts);                                  // what is there

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/permissions.h"
#include "model/words.h"

namespace sluice::model {

enum class VolumeFormat : std::uint8_t { raw, qcow2 };
template <>
inline constexpr auto words<VolumeFormat> = std::to_array<std::string_view>({"raw", "qcow2"});

struct BackingStore {
  std::string path;
  VolumeFormat format = VolumeFormat::raw;
  bool operator==(const BackingStore&) const = default;
};

struct VolumeSpec {
  std::string name;
  VolumeFormat format = VolumeFormat::raw;
  std::uint64_t capacity = 0;               // bytes
  std::optional<std::uint64_t> allocation;  // bytes to be allocated at once; absent: all of a raw one, none of a qcow2
  Permissions permissions;
  std::optional<BackingStore> backing;  // qcow2 only
  bool operator==(const VolumeSpec&) const = default;
};

struct VolumeFacts {
  std::string name, key, path;
  VolumeFormat format = VolumeFormat::raw;
  std::uint64_t capacity = 0, allocation = 0, physical = 0;  // bytes
  Permissions permissions;
  std::optional<BackingStore> backing;
  bool incomplete = false;  // an upload was begun and not finished
};

// What may be a volume's name: 1 to 255 bytes, neither "." nor "..", not blank, no '/', no control characters, valid
// UTF-8 of characters that XML has. The error names the name and what is wrong with it.
Result<> check_volume_name(std::string_view name);

// Checked: size and depth of the text, name, capacity and allocation with their units (bytes, B, K, KB, KiB ... E, EB,
// EiB; overflow is an error), format, backing store. What cannot be honoured (encryption, other formats) is refused by
// name.
Result<VolumeSpec> parse_volume(std::string_view xml);
// An incomplete volume has <incomplete xmlns='urn:sluice:volume'/> at its end, which other clients ignore.
std::string print_volume(const VolumeFacts& facts);

}  // namespace sluice::model
