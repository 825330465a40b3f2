#include "planned_daemon.h"

namespace sluice::sim {

bool PlannedDaemon::act() {
  bool acted = false;
  for (Talk& talk : talks_) acted = go_on(talk) || acted;
  party.take();
  return acted;
}

bool PlannedDaemon::go_on(Talk& talk) {
  if (!talk.called || talk.over) return false;
  if (talk.abort_told) return stop(talk);
  if (waits(talk)) return true;
  if (talk.fails) {
    fail(talk, "disk full");
  } else if (!talk.accepted) {
    talk.accepted = true;
    party.session.accept(talk.id, {});
  } else if (talk.finish_told) {
    done(talk);
  } else {
    return talk.writes_down() && write(talk);
  }
  return true;
}

bool PlannedDaemon::write(Talk& talk) {
  if (talk.ended_down || party.session.queued(talk.id) > 0) return false;
  if (talk.down.size() < all_size) {
    must(party.session.sending(talk.id), "an open stream takes data");
    const std::string piece = next_piece(talk.plan, content(talk.id, 'd'), talk.down.size());
    talk.down += piece;
    party.ready(talk.id, piece);
    return true;
  }
  talk.ended_down = true;
  party.session.end(talk.id);
  // A handler that is done with a download need not wait for the client.
  if (talk.plan.at_once && stop_ == Stop::at_once) done(talk);
  return true;
}

bool PlannedDaemon::stop(Talk& talk) {
  if (stop_ == Stop::deaf) return false;
  if (waits(talk)) return true;
  if (stop_ == Stop::later_well && talk.accepted) {
    done(talk);
  } else {
    fail(talk, "stopped");
  }
  return true;
}

bool PlannedDaemon::give_in() {
  bool gave_in = false;
  for (Talk& talk : talks_) {
    if (!talk.abort_told || talk.over) continue;
    must(talk.ending != Ending::none || talk.finish_told, "an abort is not confirmed within a second");
    fail(talk, "stopped");
    gave_in = true;
  }
  return gave_in;
}

void PlannedDaemon::fail(Talk& talk, std::string why) {
  over(talk);
  talk.reason = std::move(why);
  party.session.fail(talk.id, {.code = Code::operation_failed, .message = talk.reason});
  talk.daemon_mark = talk.daemon_mark.value_or(mark(party, talk.id));
}

// What is not open, or not wholly taken, cannot be done: that is a failure, and the session says which.
void PlannedDaemon::done(Talk& talk) {
  over(talk);
  if (!talk.accepted && !talk.plan.reply_last) {
    talk.reason = "the call ended without opening its stream";
  } else if (!talk.writes_down() && !talk.finish_told && !talk.abort_told) {
    talk.reason = "not all of the stream was wanted";
  } else {
    talk.well = true;
  }
  party.session.done(talk.id, {});
  if (!talk.well) talk.daemon_mark = talk.daemon_mark.value_or(mark(party, talk.id));
}

void PlannedDaemon::over(Talk& talk) {
  must(!talk.over, "a handler is over twice");
  must(!talk.aborted || holds_serial(party.session, talk), "a serial is free before its handler is over");
  talk.over = true;
}

void PlannedDaemon::happen() {
  while (auto event = party.session.next()) {
    std::visit([this](auto& what) { on(what); }, *event);
  }
}

void PlannedDaemon::on(const CallArrived& call) {
  if (call.proc->stream == Streaming::none) return party.session.reply(call.id, {});
  Talk& talk = talks_.at(call.id);
  must(!talk.called && call.reply_last == talk.plan.reply_last, "a call arrives once, as it was made");
  talk.called = true;
  talk.turns = talk.plan.accepts_after;
  if (talk.plan.limited) party.session.limit(call.id, limits::rate_min, party.now);
}

void PlannedDaemon::on(const StreamFinished& finished) {
  Talk& talk = talks_.at(finished.id);
  must(!talk.finish_told && !talk.abort_told && !talk.over, "the finish is told once, to a handler that works");
  talk.finish_told = true;
  talk.turns = stop_ == Stop::at_once ? 0 : later;
}

void PlannedDaemon::on(const StreamFailed& failed) {
  Talk& talk = talks_.at(failed.id);
  must(!talk.abort_told && !talk.over, "an abort is told once, to a handler that works");
  must(failed.why.code == Code::operation_aborted, "an abort says that it is one");
  talk.abort_told = true;
  talk.turns = stop_ == Stop::at_once ? 0 : later;
  talk.daemon_mark = mark(party, talk.id);
}

}  // namespace sluice::sim
