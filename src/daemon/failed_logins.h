#pragma once
// FailedLogins slows down who guesses: from one place so many attempts may fail at once, and then one in so many
// seconds. Who is over that is refused before anything is computed for him.
//
//   if (!failed_logins.may_try(place, clock.now())) refuse();
//   ... failed_logins.failed(place, clock.now());
//
// A place is what an attacker cannot have many of: an IPv4 address, the network of an IPv6 address, a user of this
// machine. May be used from any thread.

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "base/instant.h"
#include "io/transport.h"

namespace sluice::daemon {

class FailedLogins {
 public:
  static constexpr std::size_t at_once = 10;
  static constexpr Duration one_in = std::chrono::seconds(6);
  static constexpr std::size_t places_max = 10'000;  // that are remembered; those that failed least are forgotten first

  bool may_try(const std::string& place, Instant now);
  bool failed(const std::string& place, Instant now);  // true: that was one too many, the first for now

 private:
  void make_room(Instant now);

  std::mutex mutex_;
  std::map<std::string, Instant> paid_until_;  // each failure costs `one_in`; what is over is forgiven
};

std::string place_of(const io::Identity& peer);

}  // namespace sluice::daemon
