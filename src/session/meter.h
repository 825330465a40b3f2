#pragma once
// Meter: how many bytes passed within the last second, to a tenth of it. Time comes from outside and never goes back.
//
//   meter.add(bytes, now);  ...  meter.rate(now)

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "base/instant.h"

namespace sluice::session {

class Meter {
 public:
  void add(std::uint64_t bytes, Instant now) {
    const std::int64_t tenth = tenth_of(now);
    for (std::int64_t at = std::max(newest_ + 1, tenth - slots + 1); at <= tenth; ++at) slot(at) = 0;
    newest_ = std::max(newest_, tenth);
    slot(newest_) += bytes;
  }
  std::uint64_t rate(Instant now) const {
    const std::int64_t oldest = tenth_of(now) - slots + 1;
    std::uint64_t sum = 0;
    for (std::int64_t at = std::max(oldest, newest_ - slots + 1); at <= newest_; ++at) sum += slots_[index(at)];
    return sum;
  }

 private:
  static constexpr std::int64_t slots = 10;
  static std::int64_t tenth_of(Instant now) {
    return std::chrono::floor<std::chrono::duration<std::int64_t, std::deci>>(now.time_since_epoch()).count();
  }
  static std::size_t index(std::int64_t tenth) { return static_cast<std::size_t>(((tenth % slots) + slots) % slots); }
  std::uint64_t& slot(std::int64_t tenth) { return slots_[index(tenth)]; }

  std::array<std::uint64_t, slots> slots_{};
  std::int64_t newest_ = 0;
};

}  // namespace sluice::session
