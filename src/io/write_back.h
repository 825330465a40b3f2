#pragma once
// Getting what was written to a file onto its disk. Blocks: called on the Disk's threads.

#include <cstdint>
#include <string>

namespace sluice::io {

// Puts what was written between `from` and `from + length` of a file on its disk. False: not for this file system. A
// Failure says what was being done.
bool sync_part(int file, std::uint64_t from, std::uint64_t length, const std::string& doing);

// Puts a part of what lies between `from` and `end` of a regular file on its disk and moves `from` on; true: there is
// more. An fsync alone may take minutes, while nobody sees whether the disk goes on; after this it has little left to
// do, and must still be called. Leaves the file standing anywhere.
[[nodiscard]] bool sync_some(int file, std::uint64_t& from, std::uint64_t end, const std::string& doing);

}  // namespace sluice::io
