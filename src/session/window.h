#pragma once
// The arithmetic of windows. Credit counts length words: of non-empty data frames and of holes. A window message states
// an absolute limit since the stream's opening, so a lost update is repaired by the next one and nothing adds up
// wrongly.
//
//   sender                                        receiver
//   Credit credit = Credit::none();               Grant grant(4 MiB);
//   if (credit.raise(limit)) ...                  if (!grant.arrived(28 + body)) the sender broke its window
//   if (credit.left() > 28) credit.spend(cost);   grant.taken(cost);
//                                                 if (auto limit = grant.due(budget)) send a window message
//
// How large a window is: WindowSize. It grows while the consumer runs dry and the stream uses it up faster than word of
// it travels, which is when it is what holds the stream up, and shrinks when the consumer leaves it full.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/assert.h"
#include "base/instant.h"
#include "base/limits.h"

namespace sluice::session {

inline constexpr std::uint64_t window_limit_max = std::uint64_t{1} << 62;
inline constexpr std::uint32_t hole_cost = limits::frame_head + 12;
// Fewer than this could stand still: what is left is too little for a hole, and less than half was taken.
inline constexpr std::uint64_t window_min = 2 * hole_cost;
inline constexpr std::uint64_t large_window = 4 * 1024 * 1024;

class WindowSize {
 public:
  WindowSize() = default;  // none
  WindowSize(std::uint64_t first, std::uint64_t max) : bytes_(first), first_(first), max_(std::max(first, max)) {
    ensure(first >= window_min, "a window has room for two holes");
  }

  std::uint64_t bytes() const { return bytes_; }
  // Another limit is due; `taken` is all that was taken since the stream's opening. The window grows if it may, if all
  // of it would be taken within two round trips, and if the consumer had to wait since the last time: then the sender
  // had sent all and waited, too. It grows by `times` at most, as far as two round trips want it: where they are long,
  // doubling would take many of them.
  void used(Instant now, std::uint64_t taken, Duration round_trip, std::uint64_t times) {
    const double part = static_cast<double>(taken - taken_) / static_cast<double>(bytes_);
    const auto meanwhile = used_ ? static_cast<double>((now - *used_).count()) : 0.0;
    const double wanted = 2 * static_cast<double>(round_trip.count()) * part;
    if (times > 1 && ran_dry_ && used_ && meanwhile < wanted) {
      const bool all = wanted >= meanwhile * static_cast<double>(times);
      const auto factor = all ? times : std::max(std::uint64_t{2}, static_cast<std::uint64_t>(wanted / meanwhile));
      bytes_ = std::min(factor * bytes_, max_);
    }
    used_ = now;
    taken_ = taken;
    ran_dry_ = false;
  }
  void at_least(std::uint64_t bytes) {  // of one that is open
    if (bytes_ != 0) bytes_ = std::max(bytes_, bytes);
  }
  void ran_dry() { ran_dry_ = true; }  // nothing is left for the consumer
  // So much of it is held by the consumer, who just got something, or took something.
  void held(std::uint64_t bytes, Instant now) {
    if (bytes <= bytes_ / 2) {
      full_.reset();
    } else if (!full_) {
      full_ = now;
    } else if (now - *full_ >= full_max) {
      bytes_ = std::max(bytes_ / 2, first_);
      full_ = now;
    }
  }

 private:
  static constexpr Duration full_max = std::chrono::seconds(1);
  std::uint64_t bytes_ = 0, first_ = 0, max_ = 0;
  std::uint64_t taken_ = 0;
  std::optional<Instant> used_, full_;
  bool ran_dry_ = false;
};

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

  [[nodiscard]] bool arrived(std::uint64_t cost) {
    arrived_ += cost;
    return arrived_ <= limit_;
  }
  // A consumer that counts more than arrived is brought back to what did.
  void taken(std::uint64_t cost) { taken_ += std::min(cost, held()); }
  void all_taken() { taken_ = arrived_; }
  std::uint64_t held() const { return arrived_ - taken_; }
  std::uint64_t taken() const { return taken_; }
  std::uint64_t left() const { return limit_ > arrived_ ? limit_ - arrived_ : 0; }  // may still arrive
  std::uint64_t promised() const { return limit_ > taken_ ? limit_ - taken_ : 0; }  // to be held, if it comes
  // Half of such a window was taken since the last limit. Of a large one an eighth: over a long way the rest of it is
  // all that flows until word of the next limit has come.
  bool is_due(std::uint64_t window) const {
    const std::uint64_t limit = taken_ + window;
    const std::uint64_t part = window > large_window ? window / 8 : window / 2;
    return window != 0 && limit > limit_ && limit - limit_ >= part;
  }
  // The limit that should be told now, if one should.
  std::optional<std::uint64_t> due(std::uint64_t window) {
    if (!is_due(window)) return std::nullopt;
    limit_ = taken_ + window;
    return limit_;
  }

 private:
  std::uint64_t limit_ = 0;
  std::uint64_t arrived_ = 0;
  std::uint64_t taken_ = 0;
};

}  // namespace sluice::session
