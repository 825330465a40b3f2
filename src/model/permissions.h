#pragma once
// <permissions> of pools and volumes; what is absent is the host's choice.

#include <cstdint>
#include <optional>

namespace sluice::model {

struct Permissions {
  std::optional<std::uint32_t> mode;  // octal in the XML, at most 07777
  std::optional<std::uint32_t> owner, group;
  bool operator==(const Permissions&) const = default;
};

}  // namespace sluice::model
