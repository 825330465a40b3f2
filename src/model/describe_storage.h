#pragma once
// What the XML of pools and of volumes have in common: names, amounts of bytes, permissions. The descriptions serve
// reading and printing, see form.h.
//
//   describe_bytes(volume, "capacity", capacity);         // <capacity unit='GiB'>2</capacity>, printed in bytes
//   describe_permissions(target, spec.permissions);       // <permissions> below <target>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/form.h"
#include "model/permissions.h"

namespace sluice::model {

inline constexpr std::size_t storage_name_max = 255;    // bytes; NAME_MAX of Linux
inline constexpr std::size_t storage_path_max = 4'095;  // bytes; PATH_MAX of Linux without the closing zero
inline constexpr std::uint64_t storage_bytes_max = std::numeric_limits<std::int64_t>::max();  // an off_t of Linux

// A unit is any that libvirt knows, capitals do not matter; none means bytes.
void describe_bytes(Form& parent, const char* name, std::optional<std::uint64_t>& bytes);
void describe_permissions(Form& target, Permissions& permissions);

// The name of a file in a directory that also fits into XML. `kind` is "volume" or "storage pool", for the message.
Result<> check_storage_name(std::string_view kind, std::string_view name);
// Absolute, not too long, no control characters; `what` begins the message.
void check_storage_path(std::string_view what, std::string_view path, Complaints& complaints);

// A second element of these names would be neither read nor refused.
void refuse_repetition(pugi::xml_node node, std::initializer_list<const char*> once, Complaints& complaints);

// The same text, with '?' for every byte that XML or a terminal could stumble over if it has any such.
std::string printable(std::string_view text);
// Printable and not too long, for messages.
std::string shown(std::string_view text);
// "volume 'a'", what a message is about.
std::string called(std::string_view kind, std::string_view name);

}  // namespace sluice::model
