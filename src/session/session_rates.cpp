// Streams with limits: when they may send again; and how a stream stands.

#include "session/session_inside.h"

namespace sluice::session {
namespace {

Phase phase_of(StreamState state) {
  switch (state) {
    case StreamState::opening:
    case StreamState::opening_ended:
    case StreamState::opening_finished: return Phase::opening;
    case StreamState::open: return Phase::open;
    case StreamState::ended:
    case StreamState::settled:
    case StreamState::draining:
    case StreamState::finishing: return Phase::finishing;
    case StreamState::opening_aborted:
    case StreamState::unwanted:
    case StreamState::aborting:
    case StreamState::aborting_late: return Phase::aborting;
    case StreamState::closed: break;
  }
  return Phase::over;
}

}  // namespace

std::uint64_t Session::Inside::limit(const CallId& id, std::uint64_t bytes_per_second, Instant at) {
  now = at;
  Call* call = find(id);
  if (call == nullptr || !call->stream || call->stream->state == StreamState::closed || broken) return 0;
  const std::uint64_t effective = call->stream->bucket.limit(bytes_per_second, now);
  if (effective == 0) {
    limited.erase(id);
  } else {
    limited.insert(id);
  }
  if (can_send(*call->stream)) turns.add(id);
  return effective;
}

void Session::Inside::pace(Instant at) {
  now = at;
  for (const CallId& id : limited) {
    const Call* call = find(id);
    if (call != nullptr && can_send(*call->stream)) turns.add(id);
  }
}

std::optional<Instant> Session::Inside::paced_until() const {
  std::optional<Instant> first;
  for (const CallId& id : limited) {
    const Call* call = find(id);
    if (call == nullptr || !waits_for_rate(*call->stream)) continue;
    const Instant then = call->stream->bucket.opens_at();
    first = first ? std::min(*first, then) : then;
  }
  return first;
}

bool Session::Inside::waits_for_rate(const Stream& stream) const {
  return fits_window(stream) && !stream.bucket.open(now) && stream.queue.front().what == Item::What::data;
}

Standing Session::Inside::standing(const CallId& id) const {
  const Call* call = find(id);
  if (call == nullptr || !call->stream || broken) return {};
  const Stream& stream = *call->stream;
  Standing standing{.phase = phase_of(stream.state)};
  if (stream.windowed && stream.outgoing) standing.may_send = stream.credit.left();
  if (stream.windowed && stream.incoming) standing.may_arrive = stream.grant.left();
  if (stream.queue.empty()) {
    standing.sends = standing.phase == Phase::finishing ? Sends::all : Sends::nothing;
  } else if (!fits_window(stream)) {
    standing.sends = Sends::window;
  } else {
    standing.sends = waits_for_rate(stream) ? Sends::rate : Sends::transport;
  }
  return standing;
}

}  // namespace sluice::session
