#pragma once
// Two sessions and a few frames on their way between them, for tests that want to choose the moment.

#include <deque>

#include "party.h"

namespace sluice::sim {

// Frames of each direction arrive in order, `in_flight` of them late.
class Pair {
 public:
  Pair(const Options& options, std::size_t in_flight)
      : client(Side::client, options), daemon(Side::daemon, options), in_flight_(in_flight) {}

  // One frame each way; false: nothing moved.
  bool step(std::size_t late) {
    const bool up = move(client, up_, daemon, late);
    const bool down = move(daemon, down_, client, late);
    return up || down;
  }
  bool step() { return step(in_flight_); }
  bool step_all() { return step(0); }

  Party client, daemon;

 private:
  static bool move(Party& from, std::deque<Buffer>& way, Party& to, std::size_t late) {
    Buffer frame = from.compose(64);
    const bool sent = !frame.empty();
    if (sent) way.push_back(std::move(frame));
    const bool arrives = way.size() > late || (!sent && !way.empty());
    if (arrives) {
      to.receive(way.front());
      way.pop_front();
    }
    return sent || arrives;
  }

  std::size_t in_flight_;
  std::deque<Buffer> up_, down_;
};

}  // namespace sluice::sim
