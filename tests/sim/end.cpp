#include "end.h"

#include "wire/frame.h"
#include "xdr/codec.h"

namespace sluice::sim {

End::End(Side side, const session::Options& options, AllTapes& tapes, Dice& dice)
    : session_(side, options),
      tapes_(tapes),
      dice_(dice),
      window_max_(std::max<std::uint64_t>(options.window_max, options.early_window)),
      budget_(options.budget),
      floor_(std::max<std::uint64_t>(limits::window_floor, options.early_window)) {}

void End::send(Carrier& to) {
  const auto out = session_.compose(static_cast<std::uint32_t>(1 + dice_.size(limits::body_max - 1)));
  if (!out) return;
  to.push(out->head);
  if (out->stream) {
    must(promised_.empty(), "data left before a control frame that waited");
    Flow* const whose = flow(*out->stream);
    must(whose != nullptr && whose->outbox.size() >= out->body && out->body > 0, "bytes are sent that nobody wrote");
    to.push(as_bytes(whose->outbox).first(out->body));
    whose->outbox.erase(0, out->body);
    return;
  }
  const auto header = xdr::decode_front<wire::Header>(Bytes(out->head).subspan(4));
  must(header.has_value(), "a frame has a header");
  promised_.erase({header->value.kind, {header->value.program, header->value.procedure, header->value.serial}});
}

void End::promised(wire::Kind kind, const CallId& id) {
  if (!broken_) promised_.insert({kind, id});
}

void End::receive(Carrier& from, std::size_t most) {
  if (session_.braked()) {
    ++braked_;
    return;
  }
  Bytes bytes = from.front(most);
  const std::size_t all = bytes.size();
  while (!bytes.empty() && !broken_) {
    if (const auto body = session_.body()) {
      const Bytes part = bytes.first(std::min<std::size_t>(body->left, bytes.size()));
      take_body(part);
      bytes = bytes.subspan(part.size());
    } else {
      bytes = bytes.subspan(session_.receive(bytes));
    }
    handle_events();  // a stream exists before its data is given to it
  }
  from.consume(all);
}

void End::take_body(Bytes part) {
  const auto body = session_.body();
  body_cost_ = body_cost_ == 0 ? limits::frame_head + body->left : body_cost_;
  Flow* const whose = flow(body->id);
  if (!body->drop) {
    must(whose != nullptr && whose->in != nullptr, "data are delivered to a stream that takes none");
    whose->in->read(part);
  }
  session_.received(static_cast<std::uint32_t>(part.size()));
  if (part.size() < body->left) return;
  if (!body->drop) {
    whose->inbox.push_back(body_cost_);
    whose->held += body_cost_;
  }
  body_cost_ = 0;
}

void End::handle_events() {
  while (auto event = session_.next()) {
    must(!broken_, "something happens after the end");
    if (std::holds_alternative<session::Broken>(*event)) broken_ = true;
    if (const auto* hole = std::get_if<session::StreamHole>(&*event)) {
      Flow* const whose = flow(hole->id);
      must(whose != nullptr && whose->in != nullptr, "a hole is delivered to a stream that takes none");
      whose->in->read_hole(hole->length);
      whose->inbox.push_back(40);
      whose->held += 40;
    }
    happened(*event);
  }
  if (broken_) promised_.clear();
}

void End::tick(Instant now) {
  const auto due = session_.deadline();
  if ((due && *due <= now) || dice_.chance(50)) session_.tick(now);
  session_.at(now);
  handle_events();
}

void End::lost() {
  session_.lost({.code = Code::system_error, .message = "the wire was cut"});
  handle_events();
  must(broken_ && !session_.compose(1000) && !session_.wants_to_send(), "a lost session has nothing to send");
  must(session_.streams() == 0 && !session_.calls_pending() && !session_.braked() && !session_.deadline(),
       "a lost session waits for nothing");
}

void End::check() const {
  must(session_.counters().violations == 0, "one end says that the other broke the protocol");
  std::uint64_t held = 0, flows = 0;
  visit_flows([&](const CallId& id, const Flow& flow) {
    if (session_.sending(id)) {
      must(session_.queued(id) == flow.outbox.size(), "the session counts other bytes than were written");
    }
    if (session_.extended()) {
      must(flow.held <= window_max_, "more is held than the window allows");
      held += flow.held;
      ++flows;
    } else {
      // What stands above the mark came with the read that reached it.
      must(flow.held <= limits::brake_high + read_max, "more is held than the brake allows");
    }
  });
  must(held <= budget_ + flows * floor_, "more is held than the connection's budget allows");
}

void Flow::write(Session& session, const CallId& id, Dice& dice, std::uint64_t most, bool holes) {
  if (holes && dice.chance(30)) {
    const std::uint64_t length = dice.size(1 << 30);
    out->write_hole(length);
    session.hole(id, length);
    return;
  }
  const std::string bytes = out->write(dice.size(most));
  outbox += bytes;
  session.ready(id, bytes.size());
}

void Flow::take_one(Session& session, const CallId& id) {
  if (inbox.empty()) return;
  const std::uint64_t cost = inbox.front();
  inbox.pop_front();
  held -= cost;
  ++consumed;
  session.taken(id, cost);
}

void Flow::forget() {
  outbox.clear();
  inbox.clear();
  held = 0;
}

}  // namespace sluice::sim
