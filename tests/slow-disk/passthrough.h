#pragma once
// The operations of the file system: each waits for what Faults says, and is then carried out in the directory shown.

#include "faults.h"
#include "options.h"

#include <fuse3/fuse.h>

namespace slow_disk {

struct Disk {
  int directory;  // open; what is shown
  Cache cache;
  Faults& faults;
  const char* mountpoint;
};

// A Disk is the private data of the file system.
const fuse_operations& operations();

}  // namespace slow_disk
