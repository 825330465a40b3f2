#include "planned_client.h"

namespace sluice::sim {

Talk& PlannedClient::open(const Plan& plan) {
  const CallId id = party.session.call(Sample::number, *plan.proc, {}, {.reply_last = plan.reply_last});
  for (const Talk& talk : talks_) must(talk.id != id, "a serial is used again");
  Talk& talk = talks_.add(plan);
  talk.id = id;
  talk.open = plan.reply_last;
  if (plan.limited) party.session.limit(id, limits::rate_min, party.now);
  return talk;
}

void PlannedClient::call() {
  ++asked_;
  party.session.call(Sample::number, Plain::proc, {}, {});
}

bool PlannedClient::act() {
  bool acted = false;
  for (Talk& talk : talks_) acted = go_on(talk) || acted;
  party.take();
  return acted;
}

bool PlannedClient::go_on(Talk& talk) {
  if (!talk.open || talk.finished || talk.aborted || talk.ending != Ending::none) return false;
  if (talk.writes_up() && talk.up.size() < all_size) {
    must(party.session.sending(talk.id), "an open stream takes data");
    if (party.session.queued(talk.id) > 0) return false;
    const std::string piece = next_piece(talk.plan, content(talk.id, 'u'), talk.up.size());
    talk.up += piece;
    party.ready(talk.id, piece);
    return true;
  }
  if (talk.writes_down() && !talk.ended) return false;
  finish(talk);
  return true;
}

void PlannedClient::finish(Talk& talk) {
  talk.finished = true;
  party.session.finish(talk.id);
  talk.taken_at_finish = party.inbox[talk.id].size();
}

void PlannedClient::abort(Talk& talk) {
  talk.aborted = true;
  party.session.abort(talk.id, {.code = Code::operation_aborted, .message = "enough"});
  talk.client_mark = mark(party, talk.id);
}

void PlannedClient::happen() {
  while (auto event = party.session.next()) {
    std::visit([this](auto& what) { on(what); }, *event);
  }
}

void PlannedClient::over(Talk& talk, Ending ending, Error why) {
  must(talk.ending == Ending::none, "a stream is over twice");
  talk.ending = ending;
  talk.why = std::move(why);
  if (!talk.client_mark) talk.client_mark = mark(party, talk.id);
}

void PlannedClient::on(const HelloAnswered& hello) { must(hello.extended, "two Sluices agree that they are"); }

void PlannedClient::on(ReplyArrived& reply) {
  if (reply.id.procedure == Plain::proc.number) {
    must(reply.outcome.has_value(), "a call beside the streams is refused");
    ++answered_;
    return;
  }
  Talk& talk = talks_.at(reply.id);
  if (!reply.outcome) {
    const bool aborted = reply.outcome.error().code == Code::operation_aborted;
    return over(talk, aborted ? Ending::aborted : Ending::failed, std::move(reply.outcome.error()));
  }
  if (talk.plan.reply_last) return over(talk, Ending::done);
  must(!talk.open && !talk.aborted, "a stream opens once, and not after it was aborted");
  talk.open = true;
}

void PlannedClient::on(const StreamEnded& ended) { talks_.at(ended.id).ended = true; }

void PlannedClient::on(const StreamConfirmed& confirmed) {
  over(talks_.at(confirmed.id), confirmed.aborted ? Ending::aborted : Ending::done);
}

void PlannedClient::on(StreamFailed& failed) { over(talks_.at(failed.id), Ending::failed, std::move(failed.why)); }

}  // namespace sluice::sim
