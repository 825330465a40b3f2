// What leaves, chosen when the socket can take it: pongs, then control, then the streams in turn.

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "remote/remote.h"
#include "session/session_inside.h"
#include "xdr/codec.h"

namespace sluice::session {

std::optional<Out> Session::Inside::compose(std::uint32_t max_body) {
  ensure(max_body > 0, "a data frame has room for data");
  if (broken) return std::nullopt;
  if (control.pongs()) {
    control.pong_left();
    ++counters.frames_out;
    return Out{.head = wire::frame({.program = remote::keepalive_program,
                                    .version = 1,
                                    .procedure = remote::keepalive_pong,
                                    .kind = wire::Kind::event,
                                    .serial = 0,
                                    .status = wire::Status::ok},
                                   {})};
  }
  if (control.frames()) {
    ++counters.frames_out;
    return Out{.head = control.pop()};
  }
  const auto id = turns.next();
  if (!id) return std::nullopt;
  Call* call = find(*id);
  ensure(call != nullptr && can_send(*call->stream), "only streams that can send wait for their turn");
  turns.remove(*id, call->stream->turn);
  Out out = next_frame(*call, max_body);
  Turns::sent(call->stream->turn, out.head.size() + out.body);
  take_turn(*call);
  ++counters.frames_out;
  counters.body_bytes_out += out.body;
  return out;
}

// The front of the stream's queue, as one frame.
Out Session::Inside::next_frame(Call& call, std::uint32_t max_body) {
  Stream& stream = *call.stream;
  Item& item = stream.queue.front();
  const Item front = item;
  switch (front.what) {
    case Item::What::data: {
      const std::uint64_t room = stream.credit.left() - limits::frame_head;
      const auto body = static_cast<std::uint32_t>(std::min(
          {front.amount, room, std::uint64_t{std::min(max_body, stream.bucket.most())}, std::uint64_t{peer_body_max}}));
      stream.credit.spend(limits::frame_head + body);
      stream.bucket.take(body, now);
      stream.queued -= body;
      item.amount -= body;
      if (item.amount == 0) stream.queue.pop_front();
      return Out{.head = wire::head(header_of(call, wire::Kind::stream, wire::Status::more), body),
                 .stream = call.id,
                 .body = body};
    }
    case Item::What::hole: {
      stream.credit.spend(hole_cost);
      stream.queue.pop_front();
      const remote::StreamHole hole{.length = static_cast<std::int64_t>(front.amount)};
      return Out{.head = wire::frame(header_of(call, wire::Kind::hole, wire::Status::more), xdr::encode(hole))};
    }
    case Item::What::end:
      stream.queue.pop_front();
      return Out{.head = wire::frame(header_of(call, wire::Kind::stream, wire::Status::more), {})};
    case Item::What::finish: break;
  }
  stream.queue.pop_front();
  Out out{.head = wire::frame(header_of(call, wire::Kind::stream, wire::Status::ok), {})};
  local(call, StreamInput::did_send_finish);
  return out;
}

bool Session::Inside::can_send(const Stream& stream) const { return fits_window(stream) && !waits_for_rate(stream); }

void Session::Inside::take_turn(Call& call) {
  Stream& stream = *call.stream;
  if (can_send(stream)) {
    turns.add(call.id, stream.turn);
  } else if (fits_window(stream)) {
    waits_for_time.emplace(stream.bucket.opens_at(), call.id);
  }
  const bool stalled = std::exchange(stream.stalled, !stream.queue.empty() && !fits_window(stream));
  if (stream.stalled && !stalled) ++counters.window_stalls;
}

bool Session::Inside::fits_window(const Stream& stream) const {
  if (stream.queue.empty()) return false;
  switch (stream.queue.front().what) {
    case Item::What::data: return stream.credit.left() > limits::frame_head;
    case Item::What::hole: return stream.credit.left() >= hole_cost;
    case Item::What::end:
    case Item::What::finish: break;
  }
  return true;
}

void Session::Inside::push(const wire::Header& header, Bytes payload) {
  if (broken) return;
  control.push(wire::frame(header, payload));
  if (control.overflows()) {
    end(Error{.code = Code::rpc, .message = "the peer does not read what it is sent", .domain = ErrorDomain::rpc});
  }
}

void Session::Inside::enqueue(Call& call, Item item) {
  Stream& stream = *call.stream;
  if (item.what == Item::What::data) {
    stream.queued += item.amount;
    if (!stream.queue.empty() && stream.queue.back().what == Item::What::data) {
      stream.queue.back().amount += item.amount;
      return;
    }
  }
  stream.queue.push_back(item);
  take_turn(call);
}

void Session::Inside::forget_queue(Call& call) {
  waits_for_time.erase({call.stream->bucket.opens_at(), call.id});
  call.stream->queue.clear();
  call.stream->queued = 0;
  turns.remove(call.id, call.stream->turn);
}

wire::Header Session::Inside::header_of(const Call& call, wire::Kind kind, wire::Status status) const {
  return {.program = call.id.program,
          .version = call.version,
          .procedure = call.id.procedure,
          .kind = kind,
          .serial = call.id.serial,
          .status = status};
}

}  // namespace sluice::session
