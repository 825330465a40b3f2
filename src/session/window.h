#pragma once
// The arithmetic of windows. Credit counts length words: of non-empty data frames and of holes. A window message states
// an absolute limit since the stream's opening, so a lost update is repaired by the next one and nothing adds up
// wrongly.
//
//   sender                                        receiver
//   Credit credit = Credit::none();               Grant grant(4 MiB);
//   if (credit.raise(limit)) ...                  if (!grant.arrived(28 + body)) the sender broke its window
//   if (credit.left() > 28) credit.spend(cost);   grant.taken(cost);
//                                                 if (auto limit = grant.due()) send a window message

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/assert.h"
#include "base/limits.h"

namespace sluice::session {

inline constexpr std::uint64_t window_limit_max = std::uint64_t{1} << 62;
inline constexpr std::uint32_t hole_cost = limits::frame_head + 12;
// Fewer than this could stand still: what is left is too little for a hole, and less than half was taken.
inline constexpr std::uint64_t window_min = 2 * hole_cost;

// What may be sent.
class Credit {
 public:
  static Credit without_window() { return Credit(std::numeric_limits<std::uint64_t>::max()); }
  static Credit none() { return Credit(0); }
  static Credit early(std::uint64_t limit) { return Credit(limit); }

  bool raise(std::uint64_t limit) {  // a lower limit than before is ignored
    if (limit <= limit_) return false;
    limit_ = limit;
    return true;
  }
  std::uint64_t left() const { return limit_ - spent_; }
  void spend(std::uint64_t cost) {
    ensure(cost <= left(), "what is sent fits the window");
    if (limit_ != std::numeric_limits<std::uint64_t>::max()) spent_ += cost;
  }

 private:
  explicit Credit(std::uint64_t limit) : limit_(limit) {}
  std::uint64_t limit_;
  std::uint64_t spent_ = 0;
};

// What may arrive, and what of it is held.
class Grant {
 public:
  Grant() = default;  // nothing is granted
  static Grant without_window() {
    Grant grant;
    grant.limit_ = std::numeric_limits<std::uint64_t>::max();
    return grant;
  }
  static Grant early(std::uint64_t limit) {  // what a reply-last call may send before the first window message
    Grant grant;
    grant.limit_ = limit;
    return grant;
  }

  // The window from now on; the next due() tells it.
  void open(std::uint64_t window) {
    ensure(window >= window_min, "a window has room for two holes");
    window_ = window;
  }
  [[nodiscard]] bool arrived(std::uint64_t cost) {
    arrived_ += cost;
    return arrived_ <= limit_;
  }
  // A consumer that counts more than arrived is brought back to what did.
  void taken(std::uint64_t cost) { taken_ += std::min(cost, held()); }
  void all_taken() { taken_ = arrived_; }
  std::uint64_t held() const { return arrived_ - taken_; }
  // The limit that should be told now: half of the window was taken since the last one.
  std::optional<std::uint64_t> due() {
    const std::uint64_t limit = taken_ + window_;
    if (window_ == 0 || limit <= limit_ || limit - limit_ < window_ / 2) return std::nullopt;
    limit_ = limit;
    return limit;
  }

 private:
  std::uint64_t window_ = 0;  // zero: none, or no windows at all
  std::uint64_t limit_ = 0;
  std::uint64_t arrived_ = 0;
  std::uint64_t taken_ = 0;
};

}  // namespace sluice::session
