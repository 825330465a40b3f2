// What must always hold for the tables of streams, whoever edits them.

#include "session/stream_state.h"

namespace sluice::session {
namespace {

using enum StreamState;
using In = StreamInput;

constexpr std::array kinds{StreamKind::client_reply_first, StreamKind::daemon_reply_first,
                           StreamKind::client_reply_last, StreamKind::daemon_reply_last};
constexpr std::array states{opening, opening_ended, opening_finished, opening_aborted, unwanted,      open,  ended,
                            settled, draining,      finishing,        aborting,        aborting_late, closed};

constexpr bool used(StreamKind kind, StreamState state) {
  for (int on = 0; on <= static_cast<int>(In::overdue); ++on) {
    if (step(kind, state, static_cast<In>(on)) != nullptr) return true;
  }
  return false;
}

static_assert(unambiguous(stream_tables::client_reply_first) && unambiguous(stream_tables::daemon_reply_first) &&
              unambiguous(stream_tables::client_reply_last) && unambiguous(stream_tables::daemon_reply_last));

static_assert(
    [] {
      for (const StreamState state : {draining, finishing, aborting, aborting_late, unwanted}) {
        for (const In on : {In::data, In::end}) {
          const StreamRow* row = step(StreamKind::client_reply_first, state, on);
          if (row == nullptr || row->action != StreamAction::drop) return false;
        }
      }
      return true;
    }(),
    "data already in flight after a client's finish or abort are dropped, never an error");

static_assert(
    [] {
      for (const StreamKind kind : {StreamKind::daemon_reply_first, StreamKind::daemon_reply_last}) {
        for (const StreamState state : states) {
          if (state == closed || !used(kind, state)) continue;
          for (const In on : {In::data, In::ok, In::error, In::misuse}) {
            if (step(kind, state, on) == nullptr) return false;
          }
        }
      }
      return true;
    }(),
    "nothing a client sends on a stream is worth the connection");

static_assert(
    [] {
      for (const StreamKind kind : kinds) {
        if (used(kind, closed)) return false;
      }
      return true;
    }(),
    "nothing leaves closed");

// Closed is reached from everywhere: by what the peer sends, or the handler does.
template <std::size_t N>
constexpr bool every_state_has_an_exit(const std::array<StreamRow, N>& rows) {
  std::array<bool, states.size()> ends{};
  ends[static_cast<std::size_t>(closed)] = true;
  for (std::size_t round = 0; round < states.size(); ++round) {
    for (const StreamRow& row : rows) {
      if (ends[static_cast<std::size_t>(row.to)]) ends[static_cast<std::size_t>(row.from)] = true;
    }
  }
  for (const StreamRow& row : rows) {
    if (!ends[static_cast<std::size_t>(row.from)] || !ends[static_cast<std::size_t>(row.to)]) return false;
  }
  return true;
}
static_assert(every_state_has_an_exit(stream_tables::client_reply_first) &&
              every_state_has_an_exit(stream_tables::daemon_reply_first) &&
              every_state_has_an_exit(stream_tables::client_reply_last) &&
              every_state_has_an_exit(stream_tables::daemon_reply_last));

static_assert(
    [] {
      for (const StreamKind kind : {StreamKind::daemon_reply_first, StreamKind::daemon_reply_last}) {
        for (const StreamState state : states) {
          if (state == closed || state == settled || !used(kind, state)) continue;
          const StreamRow* row = step(kind, state, In::do_fail);
          if (row == nullptr || row->to != closed) return false;
        }
      }
      return true;
    }(),
    "a handler may fail at any time, and that is the end of its stream");

static_assert(
    [] {
      for (const StreamState state : states) {
        if (state == closed || !used(StreamKind::client_reply_last, state)) continue;
        const StreamRow* row = step(StreamKind::client_reply_last, state, In::reply_error);
        if (row == nullptr || row->to != closed) return false;
      }
      return true;
    }(),
    "with the reply last an early error reply stops the sender at once");

static_assert(step(StreamKind::client_reply_first, open, In::ok) == nullptr,
              "a confirmation nobody asked for is a violation");
static_assert(step(StreamKind::client_reply_first, opening, In::do_data) == nullptr &&
                  step(StreamKind::client_reply_first, unwanted, In::do_abort)->action == StreamAction::drop,
              "nothing is sent on a stream before its reply");

}  // namespace
}  // namespace sluice::session
