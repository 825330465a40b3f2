// Streams with limits, when they may send again; weights, how streams share what leaves; and how a stream stands.

#include "base/assert.h"
#include "remote/extension.h"
#include "session/session_inside.h"
#include "xdr/codec.h"

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
  pace(at);  // time passes for all of them
  Call* call = find(id);
  if (call == nullptr || !call->stream || call->stream->state == StreamState::closed || broken) return 0;
  waits_for_time.erase({call->stream->bucket.opens_at(), id});
  const std::uint64_t effective = call->stream->bucket.limit(bytes_per_second, now);
  if (effective == 0) {
    limited.erase(id);
  } else {
    limited.insert(id);
  }
  take_turn(*call);
  return effective;
}

// Whose time has come takes his turn, or waits again: the limit may be another by now, the stream may have ended.
void Session::Inside::pace(Instant at) {
  now = at;
  while (!waits_for_time.empty() && waits_for_time.begin()->first <= now) {
    const CallId id = waits_for_time.begin()->second;
    waits_for_time.erase(waits_for_time.begin());
    Call* const call = find(id);
    if (call != nullptr && call->stream) take_turn(*call);
  }
}

std::optional<Instant> Session::Inside::paced_until() const {
  return waits_for_time.empty() ? std::nullopt : std::optional(waits_for_time.begin()->first);
}

bool Session::Inside::weigh(const CallId& id, std::uint32_t weight) {
  ensure(weight >= remote::Weight::least && weight <= remote::Weight::most, "a weight is within its bounds");
  Call* call = find(id);
  if (call == nullptr || !call->stream || call->stream->state == StreamState::closed || broken) return false;
  const bool told_to_peer = has_feature(static_cast<std::uint64_t>(remote::Feature::weights));
  if (!told_to_peer && !call->stream->outgoing) return false;
  turns.weigh(id, call->stream->turn, weight);
  if (!told_to_peer) return true;
  const remote::Weight told{.program = id.program, .procedure = id.procedure, .serial = id.serial, .weight = weight};
  push({.program = remote::Extension::number,
        .version = remote::Extension::version,
        .procedure = remote::Weight::proc.number,
        .kind = wire::Kind::event,
        .serial = 0,
        .status = wire::Status::ok},
       xdr::encode(told));
  return !broken;
}

void Session::Inside::weight_arrived(Bytes fields) {
  const auto told = xdr::decode<remote::Weight>(fields);
  if (!told) return violation("a weight cannot be read: " + told.error().message);
  if (told->weight < remote::Weight::least || told->weight > remote::Weight::most) {
    return violation("a weight of " + std::to_string(told->weight));
  }
  const CallId id{told->program, told->procedure, told->serial};
  Call* call = find(id);
  if (call != nullptr && call->stream) turns.weigh(id, call->stream->turn, told->weight);
}

bool Session::Inside::waits_for_rate(const Stream& stream) const {
  return fits_window(stream) && !stream.bucket.open(now) && stream.queue.front().what == Item::What::data;
}

Standing Session::Inside::standing(const CallId& id) const {
  const Call* call = find(id);
  if (call == nullptr || !call->stream || broken) return {};
  const Stream& stream = *call->stream;
  Standing standing{.phase = phase_of(stream.state)};
  if (standing.phase != Phase::over) standing.weight = stream.turn.weight;
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
