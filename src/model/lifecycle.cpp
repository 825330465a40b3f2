#include "model/lifecycle.h"

#include <utility>

namespace sluice::model {
namespace {

template <std::size_t N, class Enum>
std::string_view named(const std::array<std::string_view, N>& names, Enum value) {
  return names[static_cast<std::size_t>(value)];
}

std::string_view condition(Phase phase) {
  switch (phase) {
    case Phase::shut_off: return "is not running";
    case Phase::starting: return "is being started";
    case Phase::running: return "is running";
    case Phase::paused: return "is paused";
    case Phase::shutting_down: return "is shutting down";
    case Phase::saving:
    case Phase::saving_paused: return "is being saved";
    case Phase::restoring: return "is being restored";
    case Phase::crashed: return "has crashed";
  }
  return {};
}

}  // namespace

std::string_view name(Phase phase) {
  static constexpr auto names =
      std::to_array<std::string_view>({"shut_off", "starting", "running", "paused", "shutting_down", "saving",
                                       "saving_paused", "restoring", "crashed"});
  return named(names, phase);
}

std::string_view name(Step step) {
  static constexpr auto names = std::to_array<std::string_view>(
      {"L.start",         "started",         "started paused", "start failed", "L.pause", "L.resume",    "L.shutdown",
       "guest shut down", "L.reset",         "L.destroy",      "L.save",       "saved",   "save failed", "L.restore",
       "restored",        "restored paused", "restore failed", "disk error",   "panic",   "QEMU ended"});
  return named(names, step);
}

std::string_view name(Told told) {
  static constexpr auto names = std::to_array<std::string_view>(
      {"",          "booting",       "booted",          "booted paused",  "failed",
       "paused",    "unpaused",      "shutting down",   "shut down",      "destroyed",
       "saving",    "saving paused", "saved",           "save cancelled", "save cancelled paused",
       "restoring", "restored",      "restored paused", "failed",         "io error",
       "panicked",  "crashed"});
  return named(names, told);
}

// States: 1 running, 3 paused, 4 shutting down, 5 shut off, 6 crashed. Events: 2 started, 3 suspended, 4 resumed,
// 5 stopped, 6 shutdown, 8 crashed.
Report report(Told told) {
  switch (told) {
    case Told::nothing: break;
    case Told::booting: return {3, 11, {}};
    case Told::booted: return {1, 1, {{2, 0}}};
    case Told::booted_paused: return {3, 1, {{2, 0}, {3, 0}}};
    case Told::start_failed: return {5, 6, {{5, 5}}};
    case Told::paused: return {3, 1, {{3, 0}}};
    case Told::unpaused: return {1, 5, {{4, 0}}};
    case Told::shutting_down: return {4, 0, {{6, 1}}};
    case Told::shut_down: return {5, 1, {{5, 0}}};
    case Told::destroyed: return {5, 2, {{5, 1}}};
    case Told::saving: return {3, 3, {{3, 0}}};
    case Told::saving_paused: return {3, 3, {}};
    case Told::saved: return {5, 5, {{5, 4}}};
    case Told::save_cancelled: return {1, 7, {{4, 0}}};
    case Told::save_cancelled_paused: return {3, 1, {}};
    case Told::restoring: return {3, 11, {}};
    case Told::restored: return {1, 3, {{2, 2}}};
    case Told::restored_paused: return {3, 1, {{2, 2}, {3, 4}}};
    case Told::restore_failed: return {5, 6, {{5, 5}}};
    case Told::disk_error: return {3, 5, {{3, 2}}};
    case Told::panicked: return {6, 1, {{8, 0}}};
    case Told::died: return {5, 3, {{5, 2}}};
  }
  return {};
}

bool Life::allows(Step step) const { return sluice::step(lifecycle_rows, phase_, step) != nullptr; }

std::optional<Report> Life::take(Step step) {
  const auto* row = sluice::step(lifecycle_rows, phase_, step);
  if (row == nullptr) return std::nullopt;
  phase_ = row->to;
  if (row->action == Told::nothing) return Report{state_, reason_, {}};
  Report told = report(row->action);
  state_ = told.state;
  reason_ = told.reason;
  return told;
}

Error Life::why_not(std::string_view machine) const {
  return {.code = Code::operation_invalid,
          .message = "machine '" + std::string(machine) + "' " + std::string(condition(phase_)),
          .domain = ErrorDomain::domain};
}

}  // namespace sluice::model
