// What happens because time passes: pings, and the confirmation of an abort whose handler does not stop.

#include "base/assert.h"
#include "remote/remote.h"
#include "session/session_inside.h"

namespace sluice::session {
namespace {

// A stuck disk may keep a handler for long; the client is told that its abort was heard all the same.
constexpr Duration confirm_abort_within = std::chrono::seconds(1);

}  // namespace

std::optional<Instant> Session::Inside::deadline() const {
  if (broken) return std::nullopt;
  std::optional<Instant> first = keepalive.deadline();
  if (const auto paced = paced_until()) first = first ? std::min(*first, *paced) : *paced;
  if (stopping.empty()) return first;
  const Instant since = stopping.begin()->first;
  const Instant due = since == Instant::min() ? since : since + confirm_abort_within;
  return first ? std::min(*first, due) : due;
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
  confirm_overdue_aborts();
}

void Session::Inside::confirm_overdue_aborts() {
  if (broken) return;
  while (!stopping.empty() && stopping.begin()->first == Instant::min()) {
    const CallId id = stopping.begin()->second;
    stopping.erase(stopping.begin());
    find(id)->stream->stopping_since = now;
    stopping.emplace(now, id);
  }
  // A confirmation that the peer does not fetch may end the session.
  while (!broken && !stopping.empty() && now - stopping.begin()->first >= confirm_abort_within) {
    const auto confirmed = take(*find(stopping.begin()->second), StreamInput::overdue);
    ensure(confirmed.has_value(), "an abort that its handler does not confirm is confirmed without it");
  }
}

}  // namespace sluice::session
