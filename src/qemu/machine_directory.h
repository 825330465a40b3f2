#pragma once
// The place of one machine below the state directory: its monitor's socket, its channels' sockets, QEMU's log. QEMU
// itself never looks into it (it gets descriptors), so it is ours alone. All of this may block on a disk.
//
//   const MachineDirectory directory(state_directory, uuid);
//   directory.create();
//   io::Fd log = directory.open_log();                  // a new one; the previous is kept as qemu.log.old
//   ...
//   directory.remove();                                 // with everything in it

#include <string>

#include "base/uuid.h"
#include "io/fd.h"

namespace sluice::qemu {

class MachineDirectory {
 public:
  MachineDirectory(const std::string& state_directory, const Uuid& uuid);

  const std::string& path() const { return path_; }
  std::string monitor() const { return path_ + "/monitor.sock"; }
  std::string log() const { return path_ + "/qemu.log"; }
  std::string channel(std::size_t index) const { return path_ + "/channel" + std::to_string(index) + ".sock"; }

  void create() const;
  io::Fd open_log() const;
  io::Fd reopen_log() const;  // of a QEMU that runs; an invalid Fd if it is gone
  // A nameless file that QEMU's user may read: gone with its last descriptor.
  io::Fd temporary_file() const;
  void remove() const noexcept;

 private:
  std::string state_directory_;
  std::string path_;
};

// The end of a log, enough for a few lines; empty if it cannot be read.
std::string log_tail(const io::Fd& log) noexcept;
// Keeps the log from filling the disk: one that grew too long loses all but its end. QEMU appends, so it goes on there.
void trim_log(const io::Fd& log) noexcept;

}  // namespace sluice::qemu
