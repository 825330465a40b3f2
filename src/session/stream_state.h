#pragma once
// The life of a stream as tables: one for each side and for each place of the reply. Everything that changes the state
// of a stream is here.
//
//   if (const auto* row = step(StreamKind::client_reply_first, state, StreamInput::finish)) ...   // null: not allowed
//
// Inputs that begin with "L." are what this side was asked to do; the others are messages of the peer. A hole is data.
// In `closed` nothing has a row: whoever steps drops everything of a closed stream.
//
// What must hold for each pair of tables (both ends agree whether it was done, failed or aborted; nobody waits for
// ever) is searched exhaustively by tests/sim.

#include <array>
#include <cstdint>
#include <string_view>

#include "base/state_table.h"

namespace sluice::session {

enum class StreamKind : std::uint8_t { client_reply_first, daemon_reply_first, client_reply_last, daemon_reply_last };

enum class StreamState : std::uint8_t {
  opening,           // the reply is awaited, or the handler has not accepted
  opening_ended,     // client: data and their end came before the reply
  opening_finished,  // daemon: the client finished before the reply
  opening_aborted,   // daemon: the client aborted before the reply
  unwanted,          // client: aborted before the reply; nothing may be sent before it came
  open,
  ended,          // the daemon sent all it had
  settled,        // daemon: the handler is over and well, the client has not finished
  draining,       // client: finish was asked for, data are queued before it
  finishing,      // the finish is under way, its answer is awaited
  aborting,       // the abort is under way, its answer is awaited
  aborting_late,  // aborted after the finish: its answer tells which of the two it was
  closed,
};

enum class StreamInput : std::uint8_t {
  // of the peer
  reply_ok,
  reply_error,
  data,
  end,     // empty data of the daemon
  ok,      // finish, or a confirmation
  error,   // abort, or a failure
  misuse,  // more than its window, an impossible hole, a status that is none
  // of this side
  do_accept,
  do_data,
  do_end,
  do_finish,
  did_send_finish,
  do_abort,
  do_done,  // the handler is over and well
  do_fail,  // the handler is over and failed
  overdue   // a handler has not stopped although the client aborted a while ago
};

enum class StreamAction : std::uint8_t {
  none,
  drop,         // the data, or the request, quietly
  deliver,      // data to the consumer
  queue,        // behind what is queued already
  keep_reason,  // of an abort that may not leave before the reply came
  keep_result,  // until the client finished
  open_window,  // the first window message
  send_abort,   // and forget what is queued
  send_reply,
  send_refusal,          // an error reply with the handler's reason
  send_refusal_aborted,  // an error reply with code 78
  send_ok,
  send_failure,          // STREAM/ERROR with the handler's reason
  send_failure_aborted,  // STREAM/ERROR with code 78
  send_outcome,          // reply last: the reply with the result
  refuse_misuse,         // an error reply that names the misuse, and stop the handler
  fail_misuse,           // STREAM/ERROR that names the misuse, and stop the handler
  tell_open,
  tell_refused,
  tell_refused_early,  // refused before the reply came: the reply will be swallowed
  tell_end,
  tell_finished,
  tell_stopped,  // daemon: stop the handler
  tell_done,
  tell_aborted,
  tell_failed,
  tell_over,     // code 78: aborted as asked; else the daemon failed before it heard of that
  tell_outcome,  // reply last
};

constexpr std::string_view name(StreamState state) {
  constexpr std::array<std::string_view, 13> names{
      "opening", "opening_ended", "opening_finished", "opening_aborted", "unwanted",      "open",  "ended",
      "settled", "draining",      "finishing",        "aborting",        "aborting_late", "closed"};
  return names[static_cast<std::size_t>(state)];
}
constexpr std::string_view name(StreamInput input) {
  constexpr std::array<std::string_view, 16> names{
      "reply OK", "reply ERROR", "data",     "end",    "OK",      "ERROR",  "misuse", "L.accept",
      "L.data",   "L.end",       "L.finish", "L.sent", "L.abort", "L.done", "L.fail", "L.overdue"};
  return names[static_cast<std::size_t>(input)];
}
constexpr std::string_view name(StreamAction action) {
  constexpr std::array<std::string_view, 28> names{"",
                                                   "drop",
                                                   "deliver",
                                                   "queue",
                                                   "keep the reason",
                                                   "keep the result",
                                                   "open the window",
                                                   "!ERROR",
                                                   "!reply OK",
                                                   "!reply ERROR",
                                                   "!reply ERROR 78",
                                                   "!OK",
                                                   "!ERROR",
                                                   "!ERROR 78",
                                                   "!reply OK with the result",
                                                   "!reply ERROR 39, stop the handler",
                                                   "!ERROR 39, stop the handler",
                                                   "is open",
                                                   "refused",
                                                   "refused, swallow the reply",
                                                   "tell the end",
                                                   "tell the finish",
                                                   "stop the handler",
                                                   "done",
                                                   "aborted",
                                                   "failed",
                                                   "aborted if 78, else failed",
                                                   "done with the result"};
  return names[static_cast<std::size_t>(action)];
}

using StreamRow = Row<StreamState, StreamInput, StreamAction>;

namespace stream_tables {
using enum StreamState;
using In = StreamInput;
using Do = StreamAction;

// To libvirtd nothing is sent on a stream before its reply: libvirtd loses it, or confirms what it threw away.
inline constexpr auto client_reply_first = std::to_array<StreamRow>({
    {opening, In::reply_ok, open, Do::tell_open},
    {opening, In::reply_error, closed, Do::tell_refused},
    {opening, In::data, opening, Do::deliver},  // libvirtd's data may overtake its reply
    {opening, In::end, opening_ended, Do::tell_end},
    {opening, In::error, closed, Do::tell_refused_early},
    {opening, In::misuse, unwanted, Do::keep_reason},
    {opening, In::do_abort, unwanted, Do::keep_reason},

    {opening_ended, In::reply_ok, ended, Do::tell_open},
    {opening_ended, In::reply_error, closed, Do::tell_refused},
    {opening_ended, In::data, opening_ended, Do::drop},
    {opening_ended, In::end, opening_ended, Do::drop},
    {opening_ended, In::error, closed, Do::tell_refused_early},
    {opening_ended, In::do_abort, unwanted, Do::keep_reason},

    {unwanted, In::reply_ok, aborting, Do::send_abort},
    {unwanted, In::reply_error, closed, Do::tell_refused},
    {unwanted, In::data, unwanted, Do::drop},
    {unwanted, In::end, unwanted, Do::drop},
    {unwanted, In::error, closed, Do::tell_refused_early},
    {unwanted, In::do_abort, unwanted, Do::drop},

    {open, In::data, open, Do::deliver},
    {open, In::end, ended, Do::tell_end},
    {open, In::error, closed, Do::tell_failed},
    {open, In::misuse, aborting, Do::send_abort},
    {open, In::do_data, open, Do::queue},
    {open, In::do_finish, draining, Do::queue},
    {open, In::do_abort, aborting, Do::send_abort},

    {ended, In::data, ended, Do::drop},
    {ended, In::end, ended, Do::drop},
    {ended, In::error, closed, Do::tell_failed},
    {ended, In::do_data, ended, Do::queue},
    {ended, In::do_finish, draining, Do::queue},
    {ended, In::do_abort, aborting, Do::send_abort},

    {draining, In::did_send_finish, finishing, Do::none},
    {draining, In::data, draining, Do::drop},
    {draining, In::end, draining, Do::drop},
    {draining, In::error, closed, Do::tell_failed},
    {draining, In::do_abort, aborting, Do::send_abort},  // the finish has not left, so it is withdrawn

    {finishing, In::data, finishing, Do::drop},
    {finishing, In::end, finishing, Do::drop},
    {finishing, In::ok, closed, Do::tell_done},
    {finishing, In::error, closed, Do::tell_failed},
    {finishing, In::do_abort, aborting_late, Do::send_abort},  // toward libvirtd not asked for: it drops what follows

    {aborting_late, In::data, aborting_late, Do::drop},
    {aborting_late, In::end, aborting_late, Do::drop},
    {aborting_late, In::ok, closed, Do::tell_done},
    {aborting_late, In::error, closed, Do::tell_over},
    {aborting_late, In::do_abort, aborting_late, Do::drop},

    {aborting, In::data, aborting, Do::drop},
    {aborting, In::end, aborting, Do::drop},
    {aborting, In::ok, closed, Do::tell_aborted},
    {aborting, In::error, closed, Do::tell_over},
    {aborting, In::do_data, aborting, Do::drop},  // a misuse of the peer aborts without the application knowing yet
    {aborting, In::do_finish, aborting, Do::drop},
    {aborting, In::do_abort, aborting, Do::drop},
});

inline constexpr auto daemon_reply_first = std::to_array<StreamRow>({
    {opening, In::data, opening, Do::deliver},  // libvirt's clients wait for the reply, others may not
    {opening, In::ok, opening_finished, Do::tell_finished},
    {opening, In::error, opening_aborted, Do::tell_stopped},
    {opening, In::misuse, closed, Do::refuse_misuse},
    {opening, In::do_accept, open, Do::send_reply},
    {opening, In::do_fail, closed, Do::send_refusal},

    {opening_finished, In::data, opening_finished, Do::drop},
    {opening_finished, In::ok, opening_finished, Do::drop},
    {opening_finished, In::error, opening_aborted, Do::tell_stopped},
    {opening_finished, In::misuse, closed, Do::refuse_misuse},
    {opening_finished, In::do_accept, finishing, Do::send_reply},
    {opening_finished, In::do_fail, closed, Do::send_refusal},

    {opening_aborted, In::data, opening_aborted, Do::drop},
    {opening_aborted, In::ok, opening_aborted, Do::drop},
    {opening_aborted, In::error, opening_aborted, Do::drop},
    {opening_aborted, In::misuse, opening_aborted, Do::drop},
    {opening_aborted, In::do_accept, closed, Do::send_refusal_aborted},
    {opening_aborted, In::do_fail, closed, Do::send_refusal_aborted},

    {open, In::data, open, Do::deliver},
    {open, In::ok, finishing, Do::tell_finished},
    {open, In::error, aborting, Do::tell_stopped},
    {open, In::misuse, closed, Do::fail_misuse},
    {open, In::do_data, open, Do::queue},
    {open, In::do_end, ended, Do::queue},
    {open, In::do_fail, closed, Do::send_failure},

    {ended, In::data, ended, Do::deliver},
    {ended, In::ok, finishing, Do::tell_finished},
    {ended, In::error, aborting, Do::tell_stopped},
    {ended, In::misuse, closed, Do::fail_misuse},
    {ended, In::do_done, settled, Do::keep_result},
    {ended, In::do_fail, closed, Do::send_failure},

    {settled, In::data, settled, Do::drop},
    {settled, In::ok, closed, Do::send_ok},
    {settled, In::error, closed, Do::send_ok},
    {settled, In::misuse, settled, Do::drop},

    {finishing, In::data, finishing, Do::drop},
    {finishing, In::ok, finishing, Do::drop},
    {finishing, In::error, aborting_late, Do::tell_stopped},
    {finishing, In::misuse, finishing, Do::drop},
    {finishing, In::do_data, finishing, Do::drop},
    {finishing, In::do_end, finishing, Do::drop},
    {finishing, In::do_done, closed, Do::send_ok},
    {finishing, In::do_fail, closed, Do::send_failure},

    {aborting_late, In::data, aborting_late, Do::drop},
    {aborting_late, In::ok, aborting_late, Do::drop},
    {aborting_late, In::error, aborting_late, Do::drop},
    {aborting_late, In::misuse, aborting_late, Do::drop},
    {aborting_late, In::do_data, aborting_late, Do::drop},
    {aborting_late, In::do_end, aborting_late, Do::drop},
    {aborting_late, In::do_done, closed, Do::send_ok},
    {aborting_late, In::do_fail, closed, Do::send_failure_aborted},

    {aborting, In::data, aborting, Do::drop},
    {aborting, In::ok, aborting, Do::drop},
    {aborting, In::error, aborting, Do::drop},
    {aborting, In::misuse, aborting, Do::drop},
    {aborting, In::do_data, aborting, Do::drop},
    {aborting, In::do_end, aborting, Do::drop},
    {aborting, In::do_done, closed, Do::send_ok},
    {aborting, In::do_fail, closed, Do::send_ok},
    {aborting, In::overdue, closed, Do::send_ok},
});

// Data follow the call at once; the only reply is the outcome. An early error reply stops the sender.
inline constexpr auto client_reply_last = std::to_array<StreamRow>({
    {open, In::reply_error, closed, Do::tell_refused},
    {open, In::do_data, open, Do::queue},
    {open, In::do_finish, draining, Do::queue},
    {open, In::do_abort, aborting, Do::send_abort},

    {draining, In::did_send_finish, finishing, Do::none},
    {draining, In::reply_error, closed, Do::tell_refused},
    {draining, In::do_abort, aborting, Do::send_abort},

    {finishing, In::reply_ok, closed, Do::tell_outcome},
    {finishing, In::reply_error, closed, Do::tell_refused},
    {finishing, In::do_abort, aborting_late, Do::send_abort},

    {aborting_late, In::reply_ok, closed, Do::tell_outcome},
    {aborting_late, In::reply_error, closed, Do::tell_refused},
    {aborting_late, In::do_abort, aborting_late, Do::drop},

    {aborting, In::reply_error, closed, Do::tell_refused},
    {aborting, In::do_abort, aborting, Do::drop},
});

inline constexpr auto daemon_reply_last = std::to_array<StreamRow>({
    {open, In::data, open, Do::deliver},
    {open, In::ok, finishing, Do::tell_finished},
    {open, In::error, aborting, Do::tell_stopped},
    {open, In::misuse, closed, Do::refuse_misuse},
    {open, In::do_accept, open, Do::open_window},
    {open, In::do_fail, closed, Do::send_refusal},

    {finishing, In::data, finishing, Do::drop},
    {finishing, In::ok, finishing, Do::drop},
    {finishing, In::error, aborting_late, Do::tell_stopped},
    {finishing, In::misuse, finishing, Do::drop},
    {finishing, In::do_accept, finishing, Do::none},
    {finishing, In::do_done, closed, Do::send_outcome},
    {finishing, In::do_fail, closed, Do::send_refusal},

    {aborting_late, In::data, aborting_late, Do::drop},
    {aborting_late, In::ok, aborting_late, Do::drop},
    {aborting_late, In::error, aborting_late, Do::drop},
    {aborting_late, In::misuse, aborting_late, Do::drop},
    {aborting_late, In::do_accept, aborting_late, Do::none},
    {aborting_late, In::do_done, closed, Do::send_outcome},
    {aborting_late, In::do_fail, closed, Do::send_refusal_aborted},

    {aborting, In::data, aborting, Do::drop},
    {aborting, In::ok, aborting, Do::drop},
    {aborting, In::error, aborting, Do::drop},
    {aborting, In::misuse, aborting, Do::drop},
    {aborting, In::do_accept, aborting, Do::none},
    {aborting, In::do_done, closed, Do::send_refusal_aborted},
    {aborting, In::do_fail, closed, Do::send_refusal_aborted},
    {aborting, In::overdue, closed, Do::send_refusal_aborted},
});
}  // namespace stream_tables

// The row for `on` in `state` of that kind of stream, or null.
constexpr const StreamRow* step(StreamKind kind, StreamState state, StreamInput on) {
  switch (kind) {
    case StreamKind::client_reply_first: return sluice::step(stream_tables::client_reply_first, state, on);
    case StreamKind::daemon_reply_first: return sluice::step(stream_tables::daemon_reply_first, state, on);
    case StreamKind::client_reply_last: return sluice::step(stream_tables::client_reply_last, state, on);
    case StreamKind::daemon_reply_last: break;
  }
  return sluice::step(stream_tables::daemon_reply_last, state, on);
}

// Data that arrive now belong to somebody.
constexpr bool delivers(StreamKind kind, StreamState state) {
  const StreamRow* row = step(kind, state, StreamInput::data);
  return row != nullptr && row->action == StreamAction::deliver;
}

}  // namespace sluice::session
