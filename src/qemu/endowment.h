#pragma once
// What a QEMU is given to start with: everything its command line names, opened by us. After the start the endowment is
// dropped; QEMU has its own copies.
//
//   Endowment endowment = Endowment::gather(spec, directory, account);     // may block: on a thread of the disk
//   auto words = command_line(spec, endowment.supplies());
//   start({.pass = endowment.numbers(), ...});
//
// Opening changes the definition where the host decides: the name of a tap device, the path of a channel's socket.

#include <optional>
#include <string>
#include <vector>

#include "io/fd.h"
#include "model/domain.h"
#include "qemu/account.h"
#include "qemu/command_line.h"
#include "qemu/machine_directory.h"

namespace sluice::qemu {

class Endowment {
 public:
  Endowment() = default;
  Endowment(Endowment&&) = default;
  Endowment& operator=(Endowment&&) = default;
  ~Endowment();  // removes the socket files it made, unless they were left to a QEMU

  // All or a Failure, after which nothing is left. `spec` is completed.
  static Endowment gather(model::DomainSpec& spec, const MachineDirectory& directory,
                          const std::optional<Account>& account);

  Supplies& supplies() { return supplies_; }
  std::vector<int> numbers() const;                      // to be inherited
  io::Fd take_monitor() { return std::move(monitor_); }  // our end, connected already
  const io::Fd& log() const { return log_; }
  void leave_sockets() { sockets_.clear(); }

 private:
  void open_all(model::DomainSpec& spec, const MachineDirectory& directory, const std::optional<Account>& account);
  int keep(io::Fd descriptor);
  io::Fd listen(const std::string& path);
  CharacterSupply character(const model::CharacterSource& source, const std::string& path);
  std::string readable_file(const std::string& path, const MachineDirectory& directory,
                            const std::optional<Account>& account);

  Supplies supplies_;
  std::vector<io::Fd> kept_;
  std::vector<std::string> sockets_;  // made so far
  io::Fd monitor_, log_;
};

// Removes the socket files that a QEMU with this definition leaves behind.
void remove_sockets(const model::DomainSpec& spec, const MachineDirectory& directory) noexcept;

}  // namespace sluice::qemu
