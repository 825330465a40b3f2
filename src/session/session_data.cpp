// Data and holes that arrive, and what holds their sender back: a window, or the brake.

#include "base/assert.h"
#include "remote/extension.h"
#include "session/session_inside.h"
#include "xdr/codec.h"

namespace sluice::session {
namespace {

constexpr Duration least_delay = std::chrono::milliseconds(2);
constexpr Duration near_delay = std::chrono::milliseconds(5);  // also that of a busy machine; a tunnel's is longer
constexpr std::uint64_t far_growth = 8;                        // times, of a window at once

}  // namespace

void Session::Inside::data_arrived(const wire::Header& header, std::uint32_t length) {
  const CallId id{header.program, header.procedure, header.serial};
  body_stream.reset();
  Call* call = find(id);
  if (call == nullptr || !call->stream || !call->stream->incoming) return;
  if (length > 0) {
    body_stream = id;
    if (!arrives(*call, limits::frame_head + length, length)) body_stream.reset();
  } else if (side == Side::client && !take(*call, StreamInput::end)) {
    // Of a client it means nothing: libvirt's sends one for a write of no bytes.
    violation("an end of data does not fit the state of its stream");
  }
}

void Session::Inside::hole_arrived(const wire::Header& header, const Buffer& payload) {
  const CallId id{header.program, header.procedure, header.serial};
  Call* call = find(id);
  if (call == nullptr || !call->stream || !call->stream->incoming) return;
  if (!delivers(call->stream->kind, call->stream->state)) {
    arrives(*call, hole_cost, 0);
    return;
  }
  const auto hole = xdr::decode<remote::StreamHole>(payload);
  if (!call->stream->holes) return misused(*call, "it was not opened for holes");
  if (!hole) return misused(*call, "a hole cannot be read");
  if (hole->length <= 0) return misused(*call, "a hole has the length " + std::to_string(hole->length));
  if (hole->flags != 0) return misused(*call, "a hole has the flags " + std::to_string(hole->flags));
  const auto length = static_cast<std::uint64_t>(hole->length);
  if (arrives(*call, hole_cost, length)) tell(StreamHole{.id = id, .length = length});
}

bool Session::Inside::arrives(Call& call, std::uint32_t cost, std::uint64_t length) {
  Stream& stream = *call.stream;
  const bool within = stream.grant.arrived(cost);
  if (!delivers(stream.kind, stream.state)) {
    stream.grant.all_taken();  // what is dropped is credit again, or its sender would wait for ever
    if (!take(call, StreamInput::data)) violation("data do not fit the state of their stream");
    return false;
  }
  if (!within) {
    misused(call, "more arrived than its window allows");
    return false;
  }
  if (length > std::uint64_t{INT64_MAX} - stream.position_in) {
    misused(call, "it is longer than any file can be");
    return false;
  }
  stream.position_in += length;
  if (stream.windowed) {
    stream.window.held(stream.grant.held(), now);
  } else {
    // Consoles never hold the brake: it would keep the next call of the same client waiting for a guest.
    if (call.proc->stream != remote::Streaming::both) {
      hold_brake(call);
    } else if (stream.grant.held() > limits::interactive_held_max) {
      misused(call, "more input waits than anybody reads");
      return false;
    }
  }
  return true;
}

// The stream is lost to its peer, the connection is not.
void Session::Inside::misused(Call& call, std::string what) {
  ++counters.violations;
  const Error why{.code = Code::rpc,
                  .message = "stream of " + std::string(call.proc->name) + " is broken off: " + what,
                  .domain = ErrorDomain::streams};
  if (side == Side::client) call.stream->misuse = std::make_unique<Error>(why);
  if (!take(call, StreamInput::misuse, {.why = why})) violation(why.message);
}

void Session::Inside::taken(const CallId& id, std::uint64_t cost) {
  Call* call = find(id);
  if (call == nullptr || !call->stream || call->stream->state == StreamState::closed) return;
  call->stream->window.held(call->stream->grant.held(), now);
  call->stream->grant.taken(cost);
  if (call->stream->grant.held() == 0) call->stream->window.ran_dry();
  if (!call->stream->windowed) hold_brake(*call);
  tell_window(*call);
}

// What of a frame has not come yet is not held: a frame may be longer than the brake allows, and its rest comes only if
// somebody reads.
void Session::Inside::hold_brake(const Call& call) {
  const std::uint64_t held = call.stream->grant.held();
  const std::uint64_t coming = body_stream == call.id ? std::min<std::uint64_t>(held, reader.body_left()) : 0;
  brake.holds(call.id, held - coming);
}

void Session::Inside::reads(Call& call) {
  if (!call.stream || !call.stream->windowed || !call.stream->incoming || call.stream->window.bytes() != 0) return;
  if (call.stream->state == StreamState::closed) return;
  open_window(call, *call.stream);
  tell_window(call);
}

// All floors of a connection together are 24 MiB at most: 16 KiB for each of the first 1,024 streams, and 512 bytes for
// each of the 15,360 that may come then. A limit that was told stays, so what counts is how many there are now.
std::uint64_t Session::Inside::window_floor() const {
  return streams <= limits::crowd ? limits::window_floor : limits::window_floor_crowded;
}

// The next tell_window tells it. Of a console nobody needs more than what may wait for the guest.
void Session::Inside::open_window(const Call& call, Stream& stream) {
  const std::uint64_t most = call.proc->stream == remote::Streaming::both ? limits::interactive_held_max : UINT64_MAX;
  stream.reserved = Reservation(budget, options.process_budget);
  const std::uint64_t first = stream.reserved.plenty() ? options.window : std::min(options.window, window_floor());
  stream.window = WindowSize(std::min(first, most), std::min(options.window_max, most));
}

void Session::Inside::tell_window(Call& call) {
  Stream& stream = *call.stream;
  if (!stream.windowed || !stream.incoming || broken) return;
  // Also where data are dropped, if their sender could wait for credit and something waits behind them.
  const bool awaited = delivers(stream.kind, stream.state) || stream.state == StreamState::draining ||
                       stream.state == StreamState::settled;
  if (!awaited) return;
  // Beyond the floor, which every stream has so that none stands still, a window is what the budget has for it.
  const std::uint64_t floor = window_floor();
  const auto beyond_floor = [floor](std::uint64_t bytes) { return bytes - std::min(bytes, floor); };
  stream.reserved.shrink_to(beyond_floor(stream.grant.promised()));
  stream.window.at_least(std::min(options.window, floor));  // it may have been opened in a crowd that has gone
  if (!stream.grant.is_due(stream.window.bytes())) return;
  // Within one machine the way is short, and what counts is when either end gets to its work.
  const Duration delay = std::max(round_trip.known().value_or(Duration()), least_delay);
  const bool large_enough = delay <= near_delay && stream.window.bytes() >= near_window_max;
  const bool may_grow = stream.reserved.plenty() && !large_enough;
  stream.window.used(now, stream.grant.taken(), delay, !may_grow ? 1 : delay <= near_delay ? 2 : far_growth);
  const std::uint64_t wanted = stream.window.bytes();
  const std::uint64_t had = stream.reserved.grow_to(beyond_floor(wanted));
  const auto limit = stream.grant.due(std::min(wanted, floor + had));
  stream.reserved.shrink_to(beyond_floor(stream.grant.promised()));
  if (!limit) return;
  push({.program = remote::Extension::number,
        .version = remote::Extension::version,
        .procedure = remote::Window::proc.number,
        .kind = wire::Kind::event,
        .serial = 0,
        .status = wire::Status::ok},
       xdr::encode(remote::Window{
           .program = call.id.program, .procedure = call.id.procedure, .serial = call.id.serial, .limit = *limit}));
  if (now != Instant() && round_trip.due(now)) ping();
}

void Session::Inside::window_arrived(Bytes fields) {
  const auto window = xdr::decode<remote::Window>(fields);
  if (!window) return violation("a window message cannot be read: " + window.error().message);
  if (window->limit > window_limit_max) return violation("a window of " + std::to_string(window->limit) + " bytes");
  const CallId id{window->program, window->procedure, window->serial};
  Call* call = find(id);
  if (call == nullptr || !call->stream || !call->stream->windowed || !call->stream->outgoing) return;
  if (!call->stream->credit.raise(window->limit)) return;
  take_turn(*call);
  if (call->stream->state != StreamState::closed) tell(WindowOpened{id});
}

}  // namespace sluice::session
