#pragma once
// How long a message and its answer take, measured with pings while data come. Any ping's answer counts: pongs come in
// the order of the pings.
//
//   if (trip.due(now)) send a ping;
//   trip.asked(now);                                       // also for pings of the keepalive
//   trip.answered(now);                                    // a pong
//   if (trip.known()) ...

#include <list>
#include <optional>

#include "base/instant.h"

namespace sluice::session {

class RoundTrip {
 public:
  static constexpr Duration measured_every = std::chrono::milliseconds(250);
  static constexpr std::size_t asked_max = 32;  // a peer that does not answer is the keepalive's business

  bool due(Instant now) const { return asked_.empty() && (!last_ || now - *last_ >= measured_every); }
  void asked(Instant now) {
    if (asked_.size() < asked_max) asked_.push_back(now);
    last_ = now;
  }
  void answered(Instant now) {
    if (asked_.empty()) return;
    const Duration sample = now - asked_.front();
    asked_.pop_front();
    // The shortest is the way's; what is longer waited for something, unless it stays so.
    known_ = !known_ || sample < *known_ ? sample : *known_ + (sample - *known_) / 8;
  }
  std::optional<Duration> known() const { return known_; }

 private:
  std::list<Instant> asked_;  // empty most of the time
  std::optional<Instant> last_;
  std::optional<Duration> known_;
};

}  // namespace sluice::session
