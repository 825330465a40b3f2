#pragma once
// A daemon's application: handlers that do what they planned, and end as they like when their stream is given up.

#include "talk.h"

namespace sluice::sim {

// What a handler does when it is told that its client aborted.
enum class Stop : std::uint8_t {
  at_once,
  later,       // after a few turns, which it also takes to be done with what was finished
  later_well,  // the same, and it was done with it all
  deaf,        // only when nobody waits for it any more
};
inline constexpr int later = 6;

class PlannedDaemon {
 public:
  PlannedDaemon(const Options& options, Stop stop, Talks& talks)
      : party(Side::daemon, options), stop_(stop), talks_(talks) {}

  bool act();     // false: there was nothing to do
  void happen();  // its events
  void fail(Talk& talk, std::string why);
  void done(Talk& talk);
  bool give_in();  // handlers that are deaf end all the same; false: there is none

  Party party;

 private:
  bool go_on(Talk& talk);
  bool stop(Talk& talk);
  bool write(Talk& talk);
  bool waits(Talk& talk) { return talk.turns > 0 && talk.turns-- > 0; }
  void over(Talk& talk);

  void on(const CallArrived& call);
  void on(const StreamFinished& finished);
  void on(const StreamFailed& failed);
  void on(const WindowOpened&) {}
  template <class Other>
  void on(const Other&) {
    throw BrokenPromise("something happens to the daemon that should not");
  }

  Stop stop_;
  Talks& talks_;
};

}  // namespace sluice::sim
