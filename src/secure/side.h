#pragma once
// The two sides of a connection.

#include <cstdint>
#include <string_view>

namespace sluice::secure {

enum class Side : std::uint8_t { client, daemon };

constexpr std::string_view name(Side side) { return side == Side::client ? "client" : "daemon"; }
constexpr Side other(Side side) { return side == Side::client ? Side::daemon : Side::client; }

}  // namespace sluice::secure
