#include "client_end.h"

#include <algorithm>

namespace sluice::sim {

void ClientEnd::act() {
  if (broken()) return;
  if (greeting_ != Greeting::over) {
    greet();
  } else if (wishes_.calls > 0 && !hurries() && (living_.empty() || dice().chance(20))) {
    begin();
  } else if (!living_.empty()) {
    const CallId id = living_[dice().pick(living_.size())];
    go_on(id, opened_.at(id));
  }
  handle_events();
}

void ClientEnd::greet() {
  if (greeting_ != Greeting::begin) return;
  session_.call(remote::Remote::number, remote::ConnectOpen::proc, xdr::encode(remote::ConnectOpen{}), {});
  greeting_ = Greeting::waits_for_open;
  if (wishes_.hello) {
    session_.hello();
  } else {
    greeted_ = true;
  }
}

void ClientEnd::begin() {
  --wishes_.calls;
  constexpr std::array procs{&session::Plain::proc,   &session::Upload::proc,       &session::Download::proc,
                             &session::Console::proc, &session::SparseUpload::proc, &session::SparseDownload::proc};
  // Consoles that nobody reads fail at 1 MiB instead of braking.
  const Proc& proc = *procs[wishes_.flood ? 1 + dice().pick(2) : dice().pick(procs.size())];
  Opened made{.proc = &proc};
  made.reply_last = proc.stream == remote::Streaming::up && session_.reply_last_possible() && dice().chance(50);
  made.to_send = dice().pick(20);
  if (dice().chance(30)) made.aborts_in = dice().pick(30);
  made.finishes_early = dice().chance(15);
  made.laziness = static_cast<unsigned>(dice().chance(30) ? 90 : dice().pick(50));
  if (wishes_.flood) {
    made.to_send = 200;
    made.aborts_in.reset();
    made.laziness = proc.stream == remote::Streaming::up ? 0 : 99;
  }
  made.open = made.reply_last;
  const CallId id = session_.call(Sample::number, proc, xdr::encode(std::uint32_t{dice().chance(70) ? 1u : 0u}),
                                  {.reply_last = made.reply_last});
  promised(wire::Kind::call, id);
  if (proc.stream != remote::Streaming::none) {
    Tapes& tapes = this->tapes()[id];
    if (proc.stream != remote::Streaming::down) made.flow.out = &tapes.up;
    if (proc.stream != remote::Streaming::up) made.flow.in = &tapes.down;
  }
  opened_.emplace(id, std::move(made));
  living_.push_back(id);
}

void ClientEnd::go_on(const CallId& id, Opened& stream) {
  if (stream.proc->stream == remote::Streaming::none) return;
  if (dice().chance(stream.laziness) && !hurries()) return;
  if (stream.aborts_in && !stream.aborted && (*stream.aborts_in == 0 || hurries())) {
    stream.aborted = true;
    session_.abort(id, {.code = Code::operation_aborted, .message = "changed its mind"});
    return stream.flow.forget();
  }
  if (stream.aborts_in && !stream.aborted) --*stream.aborts_in;
  if (stream.aborted || !stream.open) return;
  Flow& flow = stream.flow;
  flow.take_one(session_, id);
  if (stream.finished) return;
  if (flow.out != nullptr && stream.sent < stream.to_send) {
    must(session_.sending(id), "an open stream takes data");
    if (flow.outbox.size() >= 100'000) return;
    ++stream.sent;
    return flow.write(session_, id, dice(), wishes_.flood ? 600'000 : 20'000, session_.holes_allowed(id));
  }
  const bool all_read = flow.in == nullptr || (stream.ended && flow.inbox.empty());
  const bool leaves = stream.finishes_early || (stream.proc->stream == remote::Streaming::both && dice().chance(20));
  if (!all_read && !leaves) return;
  stream.finished = true;
  session_.finish(id);
  if (flow.in != nullptr) {
    flow.inbox.clear();  // nobody reads what comes now
    flow.held = 0;
  }
}

bool ClientEnd::idle() const { return broken() || (living_.empty() && greeting_ == Greeting::over); }

Flow* ClientEnd::flow(const CallId& id) {
  const auto at = opened_.find(id);
  return at == opened_.end() || at->second.outcome != Outcome::none ? nullptr : &at->second.flow;
}

void ClientEnd::visit_flows(const std::function<void(const CallId&, const Flow&)>& visit) const {
  for (const CallId& id : living_) visit(id, opened_.at(id).flow);
}

void ClientEnd::over(const CallId& id, Outcome outcome, Error why, Buffer result) {
  Opened& stream = opened_.at(id);
  must(stream.outcome == Outcome::none, "a call or stream is over twice");
  stream.outcome = outcome;
  stream.why = std::move(why);
  stream.result = std::move(result);
  stream.flow.forget();
  std::erase(living_, id);
}

void ClientEnd::happened(Event& event) {
  if (const auto* hello = std::get_if<session::HelloAnswered>(&event)) greeted_ = hello != nullptr;
  if (auto* reply = std::get_if<session::ReplyArrived>(&event)) {
    if (reply->id.program == remote::Remote::number) {
      open_ = reply->outcome.has_value();
    } else {
      Opened& stream = opened_.at(reply->id);
      if (!reply->outcome) {
        over(reply->id, Outcome::failed, reply->outcome.error());
      } else if (stream.reply_last || stream.proc->stream == remote::Streaming::none) {
        over(reply->id, Outcome::done, {}, std::move(*reply->outcome));
      } else {
        must(!stream.open && !stream.aborted, "a stream opens once, and not after it was aborted");
        stream.open = true;
      }
    }
  }
  if (const auto* ended = std::get_if<session::StreamEnded>(&event)) opened_.at(ended->id).ended = true;
  if (auto* confirmed = std::get_if<session::StreamConfirmed>(&event)) {
    over(confirmed->id, confirmed->aborted ? Outcome::aborted : Outcome::done, {}, std::move(confirmed->result));
  }
  if (const auto* failed = std::get_if<session::StreamFailed>(&event)) over(failed->id, Outcome::failed, failed->why);
  if (open_ && greeted_) greeting_ = Greeting::over;
}

}  // namespace sluice::sim
