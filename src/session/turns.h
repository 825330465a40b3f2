#pragma once
// Who sends next, of the streams that have something to send: the line is theirs by weight, counted in bytes. A stream
// of weight 300 sends three bytes for each of one of weight 100; one that is alone has the whole line.
//
//   turns.add(id, stream.turn);                               // it has something to send
//   if (const auto id = turns.next()) {
//     turns.remove(*id, stream.turn);
//     turns.sent(stream.turn, send(...));                     // and is added again if there is more
//   }
//
// Start-time fair queueing: time is virtual, what a stream sends moves its next turn by bytes / weight, and the
// earliest turn is next. So shares are exact to a frame, and nobody starves. Rounds (deficit round robin) would find
// the next one without a search. But most queues run dry with every frame and are filled while that is being written:
// in a round such a stream would lose the rest of its turn each time, and weights would mean nothing. Here it makes up
// for a short while, and only for that: nobody saves turns up.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <tuple>

#include "base/limits.h"
#include "remote/extension.h"
#include "remote/proc.h"

namespace sluice::session {

// What a stream keeps for its turns.
struct Turn {
  std::uint32_t weight = remote::Weight::usual;
  std::uint64_t due = 0;    // in virtual time
  std::uint64_t order = 0;  // among those that are due together; 0: it does not wait
};

class Turns {
 public:
  void add(const remote::CallId& stream, Turn& turn) {
    if (turn.order != 0) return;
    const bool is_new = turn.due == 0;
    turn.due = std::max(turn.due, is_new ? now_ : now_ - std::min(now_, made_up));
    turn.order = ++orders_;
    waiting_.emplace(turn.due, turn.order, stream);
  }
  void remove(const remote::CallId& stream, Turn& turn) {
    if (turn.order == 0) return;
    waiting_.erase({turn.due, turn.order, stream});
    turn.order = 0;
  }
  bool empty() const { return waiting_.empty(); }
  std::optional<remote::CallId> next() {  // stays there
    if (waiting_.empty()) return std::nullopt;
    const auto& [due, order, stream] = *waiting_.begin();
    now_ = std::max(now_, due);
    return stream;
  }
  static void sent(Turn& turn, std::uint64_t bytes) { turn.due += time_of(bytes, turn.weight); }

  // What it has sent ahead of its turn stays the same bytes: with a greater weight they are made up for sooner. With a
  // smaller one they keep their time, so that nobody waits long for what he sent when he might.
  void weigh(const remote::CallId& stream, Turn& turn, std::uint32_t weight) {
    const bool waits = turn.order != 0;
    remove(stream, turn);
    if (weight > turn.weight && turn.due > now_) turn.due = now_ + (turn.due - now_) * turn.weight / weight;
    turn.weight = weight;
    if (waits) add(stream, turn);
  }

 private:
  static constexpr std::uint64_t time_of(std::uint64_t bytes, std::uint32_t weight) {
    return bytes * remote::Weight::most / weight;
  }
  // After which absence a stream stands where the others are: in which one of the usual weight sends a frame.
  static constexpr std::uint64_t made_up =
      std::uint64_t{limits::body_max} * remote::Weight::most / remote::Weight::usual;

  std::set<std::tuple<std::uint64_t, std::uint64_t, remote::CallId>> waiting_;
  std::uint64_t now_ = 0;  // when the latest one was due. At weight 1 a connection may send 18 PB before this wraps
  std::uint64_t orders_ = 0;
};

}  // namespace sluice::session
