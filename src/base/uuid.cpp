#include "base/uuid.h"

namespace sluice {
namespace {

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Result<Uuid> Uuid::parse(std::string_view text) {
  const auto refuse = [&] {
    return fault(Code::invalid_arg, "'" + std::string(text.substr(0, 64)) + "' is not a uuid");
  };
  Uuid uuid;
  std::size_t digits = 0;
  for (const char c : text) {
    if (c == '-' && digits > 0 && digits < 32) continue;
    const int value = digit_value(c);
    if (value < 0 || digits == 32) return refuse();
    auto& byte = uuid.bytes[digits / 2];
    byte = (byte << 4) | static_cast<std::byte>(value);
    ++digits;
  }
  if (digits != 32) return refuse();
  return uuid;
}

Uuid Uuid::random_from(std::array<std::byte, 16> random) {
  Uuid uuid{random};
  uuid.bytes[6] = (uuid.bytes[6] & std::byte{0x0f}) | std::byte{0x40};
  uuid.bytes[8] = (uuid.bytes[8] & std::byte{0x3f}) | std::byte{0x80};
  return uuid;
}

std::string Uuid::text() const {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += digits[std::to_integer<unsigned>(bytes[i] >> 4)];
    out += digits[std::to_integer<unsigned>(bytes[i] & std::byte{0x0f})];
  }
  return out;
}

}  // namespace sluice
