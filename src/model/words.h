#pragma once
// Enumerations of the model are words of libvirt's XML. Each lists its words once, in the order of its enumerators:
//
//   enum class DiskBus : std::uint8_t { virtio, ide, sata, scsi };
//   template <> inline constexpr auto words<DiskBus> = std::to_array<std::string_view>({"virtio", "ide", "sata",
//                                                                                      "scsi"});
//   word(DiskBus::ide)           // "ide"
//   from_word<DiskBus>("usb")    // nothing

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::model {

template <class Enum>
inline constexpr std::array<std::string_view, 0> words{};

template <class Enum>
constexpr std::string_view word(Enum value) {
  return words<Enum>[static_cast<std::size_t>(value)];
}

template <class Enum>
constexpr std::optional<Enum> from_word(std::string_view text) {
  for (std::size_t i = 0; i < words<Enum>.size(); ++i) {
    if (words<Enum>[i] == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

// "virtio, ide, sata, scsi", for messages.
template <class Enum>
std::string all_words() {
  std::string out;
  for (const std::string_view each : words<Enum>) {
    if (!out.empty()) out += ", ";
    out += each;
  }
  return out;
}

}  // namespace sluice::model
