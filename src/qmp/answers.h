#pragma once
// What a driver reads out of the monitor's answers, checked: QEMU's JSON becomes a struct or an error that names what
// is missing.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "qmp/json.h"

namespace sluice::qmp {

struct Status {        // query-status
  std::string status;  // "prelaunch", "inmigrate", "running", "paused", "postmigrate", "shutdown", ...
  bool running = false;
};
Result<Status> read_status(const json::value& answer);

// Where a migration is. `other` is a status this version does not know.
enum class MigrationStatus : std::uint8_t {
  none,
  setup,
  active,
  pre_switchover,
  device,
  completed,
  failed,
  cancelling,
  cancelled,
  other
};
MigrationStatus migration_status(std::string_view text);

struct Migration {  // query-migrate
  MigrationStatus status = MigrationStatus::none;
  std::uint64_t ram_total = 0, ram_transferred = 0, ram_remaining = 0;  // bytes; 0 where not told
  std::uint64_t total_time_ms = 0;
  std::string error;  // why it failed, if QEMU said so
};
Result<Migration> read_migration(const json::value& answer);

struct CharacterDevice {  // query-chardev
  std::string label;      // "charserial0"
  std::string filename;   // "pty:/dev/pts/3"
  bool frontend_open = false;
};
Result<std::vector<CharacterDevice>> read_character_devices(const json::value& answer);
// "/dev/pts/3" of "pty:/dev/pts/3"; nothing for other devices.
std::optional<std::string> pty_path(const CharacterDevice& device);

struct MachineType {  // query-machines
  std::string name;   // "pc-i440fx-7.2"
  std::string alias;  // "pc"; empty: none
  bool is_default = false;
  std::uint32_t cpus_max = 0;
};
Result<std::vector<MachineType>> read_machine_types(const json::value& answer);

struct Kvm {  // query-kvm
  bool present = false, enabled = false;
};
Result<Kvm> read_kvm(const json::value& answer);

// Data of the event MIGRATION.
Result<MigrationStatus> read_migration_event(const json::object& data);

struct Shutdown {      // data of the event SHUTDOWN
  bool guest = false;  // the guest asked for it
  std::string reason;  // "guest-shutdown", "host-qmp-quit", ...; empty: not told
};
Result<Shutdown> read_shutdown_event(const json::object& data);

}  // namespace sluice::qmp
