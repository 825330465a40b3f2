#pragma once
// The numbers of libvirt's machine states and lifecycle events that this host gives out, by name.

#include <cstdint>

#include "driver/host.h"

namespace sluice::qemu {

// A state with its reason.
struct Standing {
  driver::RunState state = driver::RunState::shut_off;
  std::int32_t reason = 0;
  bool operator==(const Standing&) const = default;
};

namespace standing {
using driver::RunState;
inline constexpr Standing running_booted{RunState::running, 1};
inline constexpr Standing running_restored{RunState::running, 3};
inline constexpr Standing running_unpaused{RunState::running, 5};
inline constexpr Standing running_save_canceled{RunState::running, 7};
inline constexpr Standing paused_unknown{RunState::paused, 0};
inline constexpr Standing paused_user{RunState::paused, 1};
inline constexpr Standing paused_save{RunState::paused, 3};
inline constexpr Standing paused_io_error{RunState::paused, 5};
inline constexpr Standing paused_watchdog{RunState::paused, 6};
inline constexpr Standing paused_shutting_down{RunState::paused, 8};
inline constexpr Standing paused_starting{RunState::paused, 11};
inline constexpr Standing shutting_down{RunState::shutting_down, 1};
inline constexpr Standing crashed_panicked{RunState::crashed, 1};
inline constexpr Standing off_unknown{RunState::shut_off, 0};
inline constexpr Standing off_shutdown{RunState::shut_off, 1};
inline constexpr Standing off_destroyed{RunState::shut_off, 2};
inline constexpr Standing off_crashed{RunState::shut_off, 3};
inline constexpr Standing off_saved{RunState::shut_off, 5};
inline constexpr Standing off_failed{RunState::shut_off, 6};
}  // namespace standing

// An event and its detail.
struct Happening {
  std::int32_t event = 0;
  std::int32_t detail = 0;
};

namespace happening {
inline constexpr Happening defined_added{0, 0};
inline constexpr Happening defined_updated{0, 1};
inline constexpr Happening undefined{1, 0};
inline constexpr Happening started_booted{2, 0};
inline constexpr Happening started_restored{2, 2};
inline constexpr Happening suspended_paused{3, 0};
inline constexpr Happening suspended_io_error{3, 2};
inline constexpr Happening suspended_watchdog{3, 3};
inline constexpr Happening suspended_restored{3, 4};
inline constexpr Happening resumed_unpaused{4, 0};
inline constexpr Happening stopped_shutdown{5, 0};
inline constexpr Happening stopped_destroyed{5, 1};
inline constexpr Happening stopped_crashed{5, 2};
inline constexpr Happening stopped_saved{5, 4};
inline constexpr Happening stopped_failed{5, 5};
inline constexpr Happening shut_down_by_guest{6, 1};
inline constexpr Happening crashed{8, 0};
}  // namespace happening

}  // namespace sluice::qemu
