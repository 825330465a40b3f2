#pragma once
// The life of a machine as a table: which step follows which, and what clients are told of it. Both hosts walk it, so
// that the in-memory one cannot promise what QEMU does not keep.
//
//   Life life;                                        // shut off
//   const auto report = life.take(Step::start);       // nothing: not allowed now; why_not() has the sentence
//   for (const Happening& each : report->events) tell(each);
//   life.state(), life.reason()                       // libvirt's numbers

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/state_table.h"

namespace sluice::model {

enum class Phase : std::uint8_t {
  shut_off,
  starting,  // QEMU is there, the guest does not run yet
  running,
  paused,
  shutting_down,  // the guest was asked to, or has powered off and QEMU is being ended
  saving,         // was running: stands still while its state is written
  saving_paused,  // was paused
  restoring,      // its state is being read
  crashed,
};

enum class Step : std::uint8_t {
  start,           // by a client
  started,         // QEMU took everything: the guest runs
  started_paused,  // and was asked not to run yet
  start_failed,
  pause,
  resume,
  shutdown_request,  // by a client; the guest may ignore it
  guest_shutdown,    // the guest powered itself off
  reset,
  destroy,  // by a client
  save,
  saved,
  save_failed,
  restore,
  restored,
  restored_paused,
  restore_failed,
  disk_error,  // QEMU paused the guest
  panic,       // the guest's kernel gave up
  died,        // QEMU ended by itself
};

// What clients hear of a step: state and reason afterwards, and the lifecycle event, all by libvirt's numbers.
enum class Told : std::uint8_t {
  nothing,
  booting,
  booted,
  booted_paused,
  start_failed,
  paused,
  unpaused,
  shutting_down,
  shut_down,
  destroyed,
  saving,
  saving_paused,
  saved,
  save_cancelled,
  save_cancelled_paused,
  restoring,
  restored,
  restored_paused,
  restore_failed,
  disk_error,
  panicked,
  died,
};

struct Happening {
  std::int32_t event = 0, detail = 0;  // virDomainEventType and its detail
  bool operator==(const Happening&) const = default;
};
struct Report {
  std::int32_t state = 5, reason = 0;  // virDomainState and its reason
  std::vector<Happening> events;       // in the order in which clients hear them
  bool operator==(const Report&) const = default;
};

std::string_view name(Phase phase);
std::string_view name(Step step);
std::string_view name(Told told);
Report report(Told told);

inline constexpr std::array lifecycle_rows{
    Row{Phase::shut_off, Step::start, Phase::starting, Told::booting},
    Row{Phase::shut_off, Step::restore, Phase::restoring, Told::restoring},

    Row{Phase::starting, Step::started, Phase::running, Told::booted},
    Row{Phase::starting, Step::started_paused, Phase::paused, Told::booted_paused},
    Row{Phase::starting, Step::start_failed, Phase::shut_off, Told::start_failed},
    Row{Phase::starting, Step::destroy, Phase::shut_off, Told::destroyed},
    Row{Phase::starting, Step::died, Phase::shut_off, Told::start_failed},

    Row{Phase::running, Step::pause, Phase::paused, Told::paused},
    Row{Phase::running, Step::resume, Phase::running, Told::nothing},
    Row{Phase::running, Step::shutdown_request, Phase::running, Told::nothing},
    Row{Phase::running, Step::guest_shutdown, Phase::shutting_down, Told::shutting_down},
    Row{Phase::running, Step::reset, Phase::running, Told::nothing},
    Row{Phase::running, Step::destroy, Phase::shut_off, Told::destroyed},
    Row{Phase::running, Step::save, Phase::saving, Told::saving},
    Row{Phase::running, Step::disk_error, Phase::paused, Told::disk_error},
    Row{Phase::running, Step::panic, Phase::crashed, Told::panicked},
    Row{Phase::running, Step::died, Phase::shut_off, Told::died},

    Row{Phase::paused, Step::pause, Phase::paused, Told::nothing},
    Row{Phase::paused, Step::resume, Phase::running, Told::unpaused},
    Row{Phase::paused, Step::shutdown_request, Phase::paused, Told::nothing},
    Row{Phase::paused, Step::guest_shutdown, Phase::shutting_down, Told::shutting_down},
    Row{Phase::paused, Step::reset, Phase::paused, Told::nothing},
    Row{Phase::paused, Step::destroy, Phase::shut_off, Told::destroyed},
    Row{Phase::paused, Step::save, Phase::saving_paused, Told::saving_paused},
    Row{Phase::paused, Step::panic, Phase::crashed, Told::panicked},
    Row{Phase::paused, Step::died, Phase::shut_off, Told::died},

    Row{Phase::shutting_down, Step::start, Phase::starting, Told::booting},
    Row{Phase::shutting_down, Step::destroy, Phase::shut_off, Told::destroyed},
    Row{Phase::shutting_down, Step::died, Phase::shut_off, Told::shut_down},

    Row{Phase::saving, Step::saved, Phase::shut_off, Told::saved},
    Row{Phase::saving, Step::save_failed, Phase::running, Told::save_cancelled},
    Row{Phase::saving, Step::destroy, Phase::shut_off, Told::destroyed},
    Row{Phase::saving, Step::died, Phase::shut_off, Told::died},

    Row{Phase::saving_paused, Step::saved, Phase::shut_off, Told::saved},
    Row{Phase::saving_paused, Step::save_failed, Phase::paused, Told::save_cancelled_paused},
    Row{Phase::saving_paused, Step::destroy, Phase::shut_off, Told::destroyed},
    Row{Phase::saving_paused, Step::died, Phase::shut_off, Told::died},

    Row{Phase::restoring, Step::restored, Phase::running, Told::restored},
    Row{Phase::restoring, Step::restored_paused, Phase::paused, Told::restored_paused},
    Row{Phase::restoring, Step::restore_failed, Phase::shut_off, Told::restore_failed},
    Row{Phase::restoring, Step::destroy, Phase::shut_off, Told::destroyed},
    Row{Phase::restoring, Step::died, Phase::shut_off, Told::restore_failed},

    Row{Phase::crashed, Step::destroy, Phase::shut_off, Told::destroyed},
    Row{Phase::crashed, Step::died, Phase::shut_off, Told::died},
};

static_assert(unambiguous(lifecycle_rows));
static_assert(
    [] {
      for (const auto& row : lifecycle_rows) {
        if (step(lifecycle_rows, row.to, Step::destroy) == nullptr && row.to != Phase::shut_off) return false;
      }
      return true;
    }(),
    "whatever a machine is doing, it can be destroyed");
static_assert(
    [] {
      for (const auto& row : lifecycle_rows) {
        if (row.to != Phase::shut_off && step(lifecycle_rows, row.to, Step::died) == nullptr) return false;
      }
      return true;
    }(),
    "QEMU may die at any time");

class Life {
 public:
  Life() = default;
  // Of a machine that was found running after a restart of the daemon: where it is and what clients knew of it.
  Life(Phase phase, std::int32_t state, std::int32_t reason) : phase_(phase), state_(state), reason_(reason) {}

  Phase phase() const { return phase_; }
  std::int32_t state() const { return state_; }    // virDomainState
  std::int32_t reason() const { return reason_; }  // of that state
  bool is_active() const { return phase_ != Phase::shut_off; }

  bool allows(Step step) const;
  // Takes the step and gives what to tell; nothing: the step is not allowed, and nothing changed.
  std::optional<Report> take(Step step);
  // "machine 'guest' is not running": why a client's step is refused now.
  Error why_not(std::string_view machine) const;

 private:
  Phase phase_ = Phase::shut_off;
  std::int32_t state_ = 5, reason_ = 0;
};

}  // namespace sluice::model
