#pragma once
// Time as the pure half sees it: an argument. Only io/clock.h knows how to ask for the present.

#include <chrono>

namespace sluice {

using Duration = std::chrono::nanoseconds;
using Instant = std::chrono::time_point<std::chrono::steady_clock, Duration>;

}  // namespace sluice
