#pragma once
// What the in-memory host shall do wrong: tests say it in advance, and every run then fails at the same byte.
//
//   host.set_faults({.save_fails_at = 100'000, .reason = "disk full"});
//
// Bytes are counted in the machine's state (a save or restore moves all of it), or in what an upload or a download has
// moved of its range.

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::driver {

struct Faults {
  std::optional<std::uint64_t> save_fails_at = {};         // the save throws `reason`
  std::optional<std::uint64_t> save_hangs_at = {};         // until cancelled, aborted or destroyed
  std::optional<std::uint64_t> dies_while_saving_at = {};  // the machine is gone
  std::optional<std::uint64_t> restore_fails_at = {};
  std::optional<std::uint64_t> restore_hangs_at = {};
  std::optional<std::uint64_t> upload_fails_at = {};  // with `reason`; what came before is on the volume
  std::optional<std::uint64_t> upload_hangs_at = {};  // as a disk that does not answer, until cancelled
  std::optional<std::uint64_t> download_fails_at = {};
  std::optional<std::uint64_t> download_hangs_at = {};
  bool start_fails = false;
  bool ignores_shutdown = false;  // the guest, when it is asked
  std::string reason = "it was told to fail";
};

}  // namespace sluice::driver
