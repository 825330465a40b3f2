#include "model/complete.h"

#include <algorithm>
#include <array>

namespace sluice::model {
namespace {

// The prefix is QEMU's and KVM's own; the rest is random and does not collide within the definition.
std::string fresh_mac(const DomainSpec& spec, const RandomSource& random) {
  static constexpr char digits[] = "0123456789abcdef";
  while (true) {
    std::array<std::byte, 3> tail{};
    random(tail);
    std::string mac = "52:54:00";
    for (const std::byte b : tail) {
      mac += ':';
      mac += digits[std::to_integer<unsigned>(b >> 4)];
      mac += digits[std::to_integer<unsigned>(b & std::byte{0x0f})];
    }
    if (std::ranges::find(spec.devices.interfaces, mac, &Interface::mac) == spec.devices.interfaces.end()) return mac;
  }
}

}  // namespace

void complete(DomainSpec& spec, const RandomSource& random) {
  if (spec.uuid.is_nil()) {
    std::array<std::byte, 16> bytes{};
    random(bytes);
    spec.uuid = Uuid::random_from(bytes);
  }
  for (Interface& interface : spec.devices.interfaces) {
    if (interface.mac.empty()) interface.mac = fresh_mac(spec, random);
  }
}

}  // namespace sluice::model
