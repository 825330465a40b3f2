#pragma once
// What a QEMU program can do, asked of itself: its version, and the boards it builds by their lasting names.
//
//   Emulators emulators(surroundings of the asking process);
//   Emulator emulator = co_await emulators.find("qemu-system-x86_64");     // a path, or found in $PATH
//   emulator.canonical("pc")                                               // "pc-i440fx-7.2"
//
// Answers are remembered until the program's file changes.

#include <sys/stat.h>

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "io/clock.h"
#include "io/disk.h"
#include "qemu/account.h"
#include "qemu/host.h"
#include "qmp/answers.h"
#include "qmp/message.h"

namespace sluice::qemu {

struct Emulator {
  std::string path;
  qmp::Version version;
  std::vector<qmp::MachineType> machines;

  // The lasting name of a board; empty: the default's. Nothing if this program does not build it.
  std::optional<std::string> canonical(std::string_view machine) const;
  std::uint64_t version_number() const {
    return std::uint64_t{version.major} * 1'000'000 + version.minor * 1'000 + version.micro;
  }
};

class Emulators {
 public:
  Emulators(io::Disk& disk, io::Clock& clock, Deadlines deadlines, std::optional<Account> account)
      : disk_(disk), clock_(clock), deadlines_(deadlines), account_(std::move(account)) {}
  // Failure: there is no such program, or it does not answer as QEMU does.
  io::Task<Emulator> find(std::string wanted);

 private:
  struct Known {
    dev_t device = 0;
    ino_t inode = 0;
    timespec changed{};
    Emulator emulator;
  };
  io::Task<Emulator> ask(std::string path);

  io::Disk& disk_;
  io::Clock& clock_;
  Deadlines deadlines_;
  std::optional<Account> account_;
  std::mutex mutex_;
  std::map<std::string, Known> known_;  // by path
};

}  // namespace sluice::qemu
