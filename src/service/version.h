#pragma once
// The version of this Sluice, the project's in CMakeLists.txt.

#include <cstdint>
#include <string_view>

namespace sluice::service {

inline constexpr std::string_view version_text = "0.1.0";
inline constexpr std::uint64_t version_number = 0 * 1'000'000 + 1 * 1'000 + 0;  // as libvirt counts

}  // namespace sluice::service
