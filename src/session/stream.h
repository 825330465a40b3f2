#pragma once
// What the session keeps of a call and of its stream.

#include <list>
#include <memory>
#include <optional>

#include "base/budget.h"
#include "base/instant.h"
#include "remote/proc.h"
#include "session/bucket.h"
#include "session/call_state.h"
#include "session/session.h"
#include "session/stream_state.h"
#include "session/turns.h"
#include "session/window.h"

namespace sluice::session {

// What waits in a stream's queue to be sent, in order. The bytes of data are elsewhere.
struct Item {
  enum class What : std::uint8_t { data, hole, end, finish };
  What what;
  std::uint64_t amount = 0;
};

struct Stream {
  StreamKind kind;
  StreamState state;
  bool incoming = false;  // its direction lets the peer send data
  bool outgoing = false;  // its direction lets this side send data
  bool windowed = false;  // the peer is a Sluice: credit both ways
  bool holes = false;     // may travel on it
  bool stalled = false;   // what it has to send waits for its peer's window
  Credit credit = Credit::without_window();
  Grant grant = Grant::without_window();
  WindowSize window{};      // of what comes; none before the stream takes any
  Reservation reserved{};   // for what was granted beyond the floor
  Bucket bucket{};          // of what this side sends
  Turn turn{};              // to do so
  std::list<Item> queue{};  // an empty deque costs 576 bytes, and most streams are idle
  std::uint64_t queued = 0;
  std::uint64_t position_in = 0;            // bytes and holes that arrived
  Buffer result{};                          // of a handler that is over, until the confirmation leaves
  std::unique_ptr<Error> reason{};          // of our abort, until it may leave
  std::unique_ptr<Error> misuse{};          // the peer's, which made this client abort
  Instant stopping_since = Instant::min();  // daemon: the handler was asked to stop then; at first nobody knows when
};

struct Call {
  CallId id;
  const Proc* proc;
  std::uint32_t version = 1;
  CallState state = CallState::waiting;
  bool counted = false;       // among the calls that somebody waits for
  bool handler_over = false;  // daemon: nothing more will be asked for it
  std::size_t args = 0;       // bytes
  std::optional<Stream> stream{};

  bool reply_last() const {
    return stream && (stream->kind == StreamKind::client_reply_last || stream->kind == StreamKind::daemon_reply_last);
  }
};

}  // namespace sluice::session
