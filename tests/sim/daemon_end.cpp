#include "daemon_end.h"

#include "remote/remote.h"

namespace sluice::sim {

void DaemonEnd::act() {
  if (working_.empty()) return;
  const std::size_t which = dice().pick(working_.size());
  const CallId id = working_[which];
  Handler& handler = handlers_.at(id);
  if (!broken() && !(dice().chance(handler.laziness) && !hurries())) {
    if (handler.proc->stream == remote::Streaming::none) {
      answer(id, handler);
    } else {
      stream_on(id, handler);
    }
  }
  if (broken()) handler.over = true;  // its task is cancelled, and says so as any other
  if (broken()) session_.fail(id, {.code = Code::operation_aborted, .message = "the connection is over"});
  if (handler.over) working_.erase(working_.begin() + static_cast<std::ptrdiff_t>(which));
  handle_events();
}

void DaemonEnd::answer(const CallId& id, Handler& handler) {
  handler.over = true;
  promised(wire::Kind::reply, id);
  if (handler.refuses) {
    handler.reason = "refused " + std::to_string(id.serial);
    return session_.fail(id, {.code = Code::operation_failed, .message = handler.reason});
  }
  handler.done = true;
  const std::string text = "answer " + std::to_string(id.serial);
  session_.reply(id, Buffer(as_bytes(text).begin(), as_bytes(text).end()));
}

void DaemonEnd::stream_on(const CallId& id, Handler& handler) {
  if (handler.stopped) return fail(id, handler, "stopped");
  if (!handler.accepted) {
    if (handler.refuses) return fail(id, handler, "refused " + std::to_string(id.serial));
    handler.accepted = true;
    if (!handler.reply_last) promised(wire::Kind::reply, id);
    return session_.accept(id, {});
  }
  Flow& flow = handler.flow;
  if (handler.fails_at && flow.consumed + handler.sent >= *handler.fails_at) {
    return fail(id, handler, "failed " + std::to_string(id.serial));
  }
  if (!handler.writes_first || flow.outbox.empty()) flow.take_one(session_, id);
  if (flow.out != nullptr && session_.sending(id) && flow.outbox.size() < 100'000) {
    if (handler.sent < handler.to_send) {
      ++handler.sent;
      flow.write(session_, id, dice(), flood_ ? 600'000 : 20'000, session_.holes_allowed(id));
    } else {
      handler.ended = true;
      session_.end(id);
      if (handler.settles_early) return succeed(id, handler);
    }
  }
  if (handler.finished && flow.inbox.empty()) succeed(id, handler);
}

void DaemonEnd::fail(const CallId& id, Handler& handler, std::string why) {
  handler.over = true;
  handler.reason = std::move(why);
  if (!handler.accepted && !handler.stopped) promised(wire::Kind::reply, id);
  session_.fail(id, {.code = Code::operation_failed, .message = handler.reason});
}

void DaemonEnd::succeed(const CallId& id, Handler& handler) {
  handler.over = true;
  handler.done = true;
  const std::string text = "result " + std::to_string(id.serial);
  session_.done(id, Buffer(as_bytes(text).begin(), as_bytes(text).end()));
}

bool DaemonEnd::idle() const { return working_.empty(); }

Flow* DaemonEnd::flow(const CallId& id) {
  const auto at = handlers_.find(id);
  return at == handlers_.end() ? nullptr : &at->second.flow;
}

void DaemonEnd::visit_flows(const std::function<void(const CallId&, const Flow&)>& visit) const {
  for (const CallId& id : working_) visit(id, handlers_.at(id).flow);
}

void DaemonEnd::happened(Event& event) {
  if (auto* call = std::get_if<session::CallArrived>(&event)) return began(*call);
  if (const auto* finished = std::get_if<session::StreamFinished>(&event)) {
    Handler& handler = handlers_.at(finished->id);
    must(!handler.finished, "the finish is told twice");
    handler.finished = true;
    handler.flow.outbox.clear();
  }
  if (const auto* failed = std::get_if<session::StreamFailed>(&event)) {
    Handler& handler = handlers_.at(failed->id);
    must(!handler.stopped, "an abort is told twice");
    handler.stopped = true;
    handler.flow.forget();
  }
}

void DaemonEnd::began(session::CallArrived& call) {
  must(!handlers_.contains(call.id), "a call arrives twice");
  Handler handler{.proc = call.proc, .reply_last = call.reply_last};
  if (call.proc->stream != remote::Streaming::none) {
    Tapes& tapes = this->tapes()[call.id];
    if (call.proc->stream != remote::Streaming::down) handler.flow.in = &tapes.up;
    if (call.proc->stream != remote::Streaming::up) handler.flow.out = &tapes.down;
  }
  if (call.id.program == Sample::number) {
    handler.refuses = dice().chance(10);
    if (dice().chance(20)) handler.fails_at = dice().pick(12);
    handler.to_send = dice().pick(20);
    handler.laziness = static_cast<unsigned>(dice().chance(30) ? 95 : dice().pick(60));
    if (flood_) {
      handler.refuses = false;
      handler.fails_at.reset();
      handler.to_send = 200;
      handler.laziness = call.proc->stream == remote::Streaming::down ? 0 : 99;
    }
    handler.writes_first = dice().chance(30);
    handler.settles_early = dice().chance(30);
  }
  handlers_.emplace(call.id, std::move(handler));
  working_.push_back(call.id);
}

}  // namespace sluice::sim
