#pragma once
// What must not stay mounted, however this process ends: a child waits for our end and unmounts then; when we are
// killed it is the only one that can.

#include <sys/types.h>

#include <string>

namespace slow_disk {

class MountGuard {
 public:
  explicit MountGuard(std::string mountpoint);  // before threads are started
  MountGuard(const MountGuard&) = delete;
  MountGuard& operator=(const MountGuard&) = delete;

  // Unmounts and ends the process at once. Operations that hang are never waited for: the kernel fails them all as soon
  // as nobody holds the file system any more.
  [[noreturn]] void leave(int code);

 private:
  std::string mountpoint_;
  pid_t child_ = -1;
};

}  // namespace slow_disk
