#pragma once
// A machine's identity: 16 raw bytes on the wire, 8-4-4-4-12 hexadecimal digits in XML and on the terminal.

#include <array>
#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice {

struct [[gnu::visibility("default")]] Uuid {
  std::array<std::byte, 16> bytes{};

  // Accepts 32 hexadecimal digits with or without hyphens between any two of them.
  static Result<Uuid> parse(std::string_view text);
  // Version 4 out of 16 random bytes; where they come from is the caller's affair.
  static Uuid random_from(std::array<std::byte, 16> random);

  std::string text() const;
  bool is_nil() const { return *this == Uuid{}; }
  auto operator<=>(const Uuid&) const = default;
};

}  // namespace sluice

template <>
struct std::hash<sluice::Uuid> {
  std::size_t operator()(const sluice::Uuid& uuid) const noexcept {
    return static_cast<std::size_t>(sluice::load_big<std::uint64_t>(uuid.bytes.data()) ^
                                    sluice::load_big<std::uint64_t>(uuid.bytes.data() + 8));
  }
};
