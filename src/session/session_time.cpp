// What happens because time passes: pings, and the confirmation of an abort whose handler does not stop.

#include "session/session_inside.h"

#include "remote/remote.h"

namespace sluice::session {
namespace {

// A stuck disk may keep a handler for long; the client is told that its abort was heard all the same.
constexpr Duration confirm_abort_within = std::chrono::seconds(1);

bool stops(const Call& call) { return call.stream && call.stream->state == StreamState::aborting; }

}  // namespace

std::optional<Instant> Session::Inside::deadline() const {
  if (broken) return std::nullopt;
  std::optional<Instant> first = keepalive.deadline();
  if (const auto paced = paced_until()) first = first ? std::min(*first, *paced) : *paced;
  if (side == Side::client || stopping == 0) return first;
  for (const auto& [id, call] : calls) {
    if (!stops(call)) continue;
    const auto& since = call.stream->stopping_since;
    const Instant due = since ? *since + confirm_abort_within : Instant::min();
    first = first ? std::min(*first, due) : due;
  }
  return first;
}

void Session::Inside::ping() {
  round_trip.asked(now);
  push({.program = remote::keepalive_program,
        .version = 1,
        .procedure = remote::keepalive_ping,
        .kind = wire::Kind::event,
        .serial = 0,
        .status = wire::Status::ok},
       {});
}

void Session::Inside::tick(Instant at) {
  if (broken) return;
  pace(at);
  switch (keepalive.tick(now, brake.on())) {
    case KeepaliveAction::none: break;
    case KeepaliveAction::ping: ping(); break;
    case KeepaliveAction::give_up:
      return end(Error{.code = Code::rpc,
                       .message = "the peer has not answered " + std::to_string(options.ping_count) + " pings",
                       .domain = ErrorDomain::rpc});
  }
  if (side == Side::daemon && stopping > 0) confirm_overdue_aborts();
}

void Session::Inside::confirm_overdue_aborts() {
  for (auto at = calls.begin(); at != calls.end();) {
    Call& call = (at++)->second;  // a step may forget the call
    if (!stops(call)) continue;
    auto& since = call.stream->stopping_since;
    if (!since) since = now;
    if (now - *since >= confirm_abort_within) take(call, StreamInput::overdue);
  }
}

}  // namespace sluice::session
