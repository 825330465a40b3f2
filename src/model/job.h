#pragma once
// One long operation per machine, as a table. The second is refused with a sentence that names the first.
//
//   JobSlot slot;
//   if (auto free = slot.begin("guest", JobKind::save); !free) throw Failure(free.error());
//   ...                                  // slot.cancel() from another connection; the operation looks at cancelling()
//   slot.end();

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/state_table.h"

namespace sluice::model {

enum class JobKind : std::uint8_t { save, restore };
std::string_view doing(JobKind kind);  // "being saved"

enum class JobState : std::uint8_t { idle, active, cancelling };
enum class JobInput : std::uint8_t { begin, cancel, end };
enum class JobAction : std::uint8_t { none, stop };

constexpr std::string_view name(JobState state) {
  constexpr std::array<std::string_view, 3> names{"idle", "active", "cancelling"};
  return names[static_cast<std::size_t>(state)];
}
constexpr std::string_view name(JobInput input) {
  constexpr std::array<std::string_view, 3> names{"L.begin", "L.cancel", "ended"};
  return names[static_cast<std::size_t>(input)];
}
constexpr std::string_view name(JobAction action) { return action == JobAction::stop ? "stop the operation" : ""; }

inline constexpr std::array job_rows{
    Row{JobState::idle, JobInput::begin, JobState::active, JobAction::none},
    Row{JobState::active, JobInput::cancel, JobState::cancelling, JobAction::stop},
    Row{JobState::active, JobInput::end, JobState::idle, JobAction::none},
    Row{JobState::cancelling, JobInput::cancel, JobState::cancelling, JobAction::none},
    Row{JobState::cancelling, JobInput::end, JobState::idle, JobAction::none},
};
static_assert(unambiguous(job_rows));
static_assert(step(job_rows, JobState::active, JobInput::begin) == nullptr &&
                  step(job_rows, JobState::cancelling, JobInput::begin) == nullptr,
              "a machine has one job at a time, and a cancelled one is a job until it ended");

class JobSlot {
 public:
  // "machine 'guest' is being saved" if there is a job already.
  Result<> begin(std::string_view machine, JobKind kind);
  // Whether there is something to stop now. An error if there is no job; false if it is being stopped already.
  Result<bool> cancel(std::string_view machine);
  void end();  // of the job that begin() began

  bool busy() const { return state_ != JobState::idle; }
  bool cancelling() const { return state_ == JobState::cancelling; }
  JobKind kind() const { return kind_; }  // while busy

 private:
  JobState state_ = JobState::idle;
  JobKind kind_ = JobKind::save;
};

}  // namespace sluice::model
