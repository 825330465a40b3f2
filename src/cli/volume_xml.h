#pragma once
// Libvirt's storage volume XML, as far as the command writes it.

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::cli {

struct NewVolume {
  std::string name, format;
  std::uint64_t capacity = 0, allocation = 0;  // bytes
};

std::string volume_xml(const NewVolume& volume);
// The definition of a volume like that one, with another name. A Failure if the definition has none.
std::string renamed(std::string_view xml, std::string_view name);

}  // namespace sluice::cli
