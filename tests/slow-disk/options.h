#pragma once
// The command line of slow-disk, and the lines of the same options by which its faults are changed while it runs.

#include <string>

#include "faults.h"

namespace slow_disk {

// What the kernel may keep of the files: nothing, what was read, or also what is still to be written.
enum class Cache { none, reads, writes };

struct Options {
  std::string directory, mountpoint;
  Cache cache = Cache::none;
  Settings settings;
};

// Prints and ends the program where there is nothing to mount: --help, bad options.
Options options_of(int count, char** words);

// The settings after a line such as "--hang none --write-rate 4MiB"; throws std::runtime_error that says what is wrong.
Settings changed_by(const std::string& line, Settings settings);

}  // namespace slow_disk
