#pragma once
// What QEMU's log says about its end, as words for an error message.
//
//   last_words("2026-01-01T10:00:00.123456Z qemu-system-x86_64: load of migration failed: Invalid argument\n")
//       == "load of migration failed: Invalid argument"

#include <string>
#include <string_view>

namespace sluice::qemu {

// The last two lines that say something, oldest first, without time stamps and the program's name; empty if none does.
std::string last_words(std::string_view log);

}  // namespace sluice::qemu
