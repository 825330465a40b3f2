#pragma once
// Libvirt's storage pool XML in and out. Directory pools only; other types are refused by name.
//
//   auto spec = parse_pool(text);                        // or the error, which names what is wrong
//   print_pool(*spec);                                   // its definition
//   print_pool(*spec, PoolFigures{...});                 // of one that is active: with its figures

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/uuid.h"
#include "model/permissions.h"

namespace sluice::model {

struct PoolSpec {
  std::string name;
  Uuid uuid;  // a new random one is for who parses: zero if the XML has none
  bool has_uuid = false;
  std::string path;  // absolute, without "." and ".." and doubled slashes
  Permissions permissions;
  bool operator==(const PoolSpec&) const = default;
};

struct PoolFigures {  // bytes
  std::uint64_t capacity = 0, allocation = 0, available = 0;
};

// Checked: size and depth of the text, type, name (what may name a volume may name a pool), path, permissions. Slashes
// and "." that change nothing are taken out of the path; ".." is refused.
Result<PoolSpec> parse_pool(std::string_view xml);
std::string print_pool(const PoolSpec& spec, const std::optional<PoolFigures>& figures = std::nullopt);

}  // namespace sluice::model
