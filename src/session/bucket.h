#pragma once
// Bucket: how fast bytes may pass, in bytes per second. What is taken is paid for afterwards: while a debt is open
// nothing passes. Time comes from outside.
//
//   Bucket bucket;
//   bucket.limit(50'000'000, now);
//   if (bucket.open(now)) bucket.take(send(bucket.most()), now);     // else at bucket.opens_at()
//
// So the long-run rate is the limit whatever the sizes of the pieces; who comes late to his turn may make up for at
// most `burst`.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>

#include "base/instant.h"
#include "base/limits.h"

namespace sluice::session {

class Bucket {
 public:
  // From now on; 0: as fast as it goes. Gives what will hold: a limit out of bounds becomes the nearest within.
  std::uint64_t limit(std::uint64_t bytes_per_second, Instant now) {
    const std::uint64_t before = rate_;
    rate_ = bytes_per_second == 0 ? 0 : std::clamp(bytes_per_second, limits::rate_min, limits::rate_max);
    if (before == 0 || rate_ == 0) {
      opens_at_ = now;
    } else if (rate_ > before && opens_at_ > now) {
      // The debt is the same bytes. Under a lower limit it keeps its time: nobody is to wait long for what he sent
      // quickly.
      const double shorter = static_cast<double>(before) / static_cast<double>(rate_);
      opens_at_ = now + nanoseconds(static_cast<double>((opens_at_ - now).count()) * shorter);
    }
    return rate_;
  }
  std::uint64_t limit() const { return rate_; }
  bool limited() const { return rate_ != 0; }
  bool open(Instant now) const { return rate_ == 0 || opens_at_ <= now; }
  Instant opens_at() const { return opens_at_; }  // of one with a limit
  // What should be taken at once, so that a slow stream flows evenly instead of in lumps.
  std::uint32_t most() const {
    if (rate_ == 0) return limits::body_max;
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(rate_ / 32, limits::rate_min, limits::body_max));
  }
  void take(std::uint64_t bytes, Instant now) {
    if (rate_ == 0) return;
    const double seconds = static_cast<double>(bytes) / static_cast<double>(rate_);
    opens_at_ = std::max(opens_at_, now - burst) + nanoseconds(seconds * 1e9);
  }

 private:
  static constexpr Duration burst = std::chrono::milliseconds(50);
  static Duration nanoseconds(double count) { return Duration(std::llround(count)); }

  std::uint64_t rate_ = 0;
  Instant opens_at_{};
};

}  // namespace sluice::session
