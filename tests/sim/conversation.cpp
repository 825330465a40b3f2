#include "conversation.h"

namespace sluice::sim {
namespace {

constexpr std::array programs{Sample::info()};
constexpr std::uint64_t budget_size = 60'000;  // not enough for large windows of all streams
constexpr int turns = 4;                       // each end sends and reads
// Between frames, within a head, and within what follows it.
constexpr std::array<std::size_t, 3> splits{0, 17, limits::frame_head + 5};

// Uploads and downloads at once and piece by piece; the console's handler lets a few turns pass before it accepts.
std::array<Plan, 4> plans(const Setting& setting) {
  return {{{.proc = &Upload::proc, .limited = setting.limited},
           {.proc = &Download::proc, .at_once = true, .limited = setting.limited},
           {.proc = &Console::proc, .accepts_after = 3},
           {.proc = &Upload::proc, .reply_last = setting.reply_last, .at_once = true}}};
}

Options options(const Setting& setting, Budget& budget) {
  Options options;
  options.programs = programs;
  options.ping_interval = {};
  options.process_budget = &budget;
  options.first_serial = UINT32_MAX - 2;  // the counter comes around
  if (setting.extended) {
    options.window = setting.window;
    options.window_max = setting.window;
    options.early_window = static_cast<std::uint32_t>(setting.window);
  }
  return options;
}

bool changes_something(const Talk& talk, How how) {
  if (talk.ending != Ending::none) return false;
  const bool finishes = talk.open && !talk.finished;
  switch (how) {
    case How::client_aborts: return true;
    case How::daemon_fails:
    case How::both: return !talk.over;
    case How::finish_and_abort: return finishes;
    case How::finish_and_fail: return finishes && !talk.over;
    case How::abort_and_done:
    case How::daemon_is_done: return talk.called && !talk.over;
    case How::client_finishes: return finishes && talk.writes_down();
  }
  return false;
}

// Handlers that nobody tells of an abort end as in other settings.
bool depends_on(Stop stop, How how) {
  return stop == Stop::at_once || stop == Stop::later || how == How::client_aborts || how == How::finish_and_abort;
}

bool client_finishes(How how) {
  return how == How::finish_and_abort || how == How::finish_and_fail || how == How::client_finishes;
}
bool client_aborts(How how) {
  return how == How::client_aborts || how == How::both || how == How::finish_and_abort || how == How::abort_and_done;
}
bool daemon_fails(How how) { return how == How::daemon_fails || how == How::both || how == How::finish_and_fail; }
bool daemon_is_done(How how) { return how == How::abort_and_done || how == How::daemon_is_done; }

// What the client must have been told, by what the handler did.
void judge_agreement(const Talk& talk) {
  if (!talk.well && !talk.abort_told) {
    return must(talk.ending == Ending::failed && talk.why.message == talk.reason,
                "the client knows another failure than the handler's");
  }
  if (talk.abort_told && !(talk.well && talk.finish_told)) {
    return must(talk.ending == Ending::aborted, "the handler was told to stop, the client not that it is aborted");
  }
  // A handler that is over before the abort arrives does not hear of it.
  const bool unheard = talk.aborted && !talk.finish_told;
  must(talk.ending == Ending::done || (unheard && talk.ending == Ending::aborted),
       "the handler was done, and the client does not know");
}

// Which endings the one who gave it up may see.
void judge_ending(const Talk& talk, How how, bool finished_before) {
  switch (how) {
    case How::client_aborts:
      return must(talk.ending == Ending::aborted || (finished_before && talk.ending == Ending::done),
                  "an abort ends a stream otherwise");
    case How::finish_and_abort: return must(talk.ending == Ending::aborted, "an abort does not withdraw the finish");
    case How::daemon_fails:
    case How::both:
    case How::finish_and_fail:
      return must(talk.ending == Ending::failed && talk.why.message == "disk full", "a failure is not told");
    case How::client_finishes: return must(talk.ending == Ending::done, "a download that was enough is not done");
    case How::abort_and_done:
    case How::daemon_is_done: return;  // as judge_agreement has it
  }
}

}  // namespace

Conversation::Conversation(const Setting& setting, std::optional<Cancel> cancel)
    : setting_(setting),
      cancel_(cancel),
      client_budget_(budget_size),
      daemon_budget_(budget_size),
      client_(options(setting, client_budget_), talks_),
      daemon_(options(setting, daemon_budget_), setting.stop, talks_),
      up_(setting.lanes),
      down_(setting.lanes) {
  client_.party.lazy = daemon_.party.lazy = true;
  if (setting.extended) client_.party.session.hello();
  while (advance()) continue;
  movements_ = 0;
  for (const Plan& plan : plans(setting)) client_.open(plan);
}

void Conversation::run() {
  do at_boundary();
  while (advance());
  must(!cancel_ || given_up_, "the boundary was never reached");
  judge();
}

// --- movement -------------------------------------------------------------------------------------------------------

bool Conversation::advance() {
  for (int still = 0; still <= turns; ++still) {
    const int turn = turn_++ % turns;
    if (turn == 0 && act()) still = 0;
    if (move(turn)) return true;
  }
  return pass_time() || daemon_.give_in();
}

bool Conversation::pass_time() {
  const auto first = [](std::optional<Instant> one, std::optional<Instant> other) {
    return one && other ? std::min(*one, *other) : one.value_or(other.value_or(Instant::max()));
  };
  const Instant due = first(client_.party.session.deadline(), daemon_.party.session.deadline());
  if (due == Instant::max()) return false;
  must(++waits_ < 1000, "time passes, and nothing happens");
  const Instant now = std::max(due, client_.party.now);
  client_.party.tick(now);
  daemon_.party.tick(now);
  happen();
  return true;
}

bool Conversation::act() {
  bool acted = client_.act();
  acted = daemon_.act() || acted;
  if (given_up_ && !again_ && talks_[cancel_->stream].ending != Ending::none) {
    again_ = acted = true;
    client_.open(talks_[cancel_->stream].plan);
  }
  happen();
  return acted;
}

bool Conversation::move(int turn) {
  switch (turn) {
    case 0: return send(client_.party, up_);
    case 1: return read(up_, client_.party, daemon_.party);
    case 2: return send(daemon_.party, down_);
    default: return read(down_, daemon_.party, client_.party);
  }
}

bool Conversation::send(Party& from, Lane& lane) {
  if (lane.full()) return false;
  const Buffer frame = from.compose(piece_size);
  if (frame.empty()) return false;
  lane.push(frame);
  ++movements_;
  return true;
}

bool Conversation::read(Lane& lane, const Party& from, Party& to) {
  if (lane.empty() || (!lane.full() && from.session.wants_to_send())) return false;
  read(lane, to, lane.next_read());
  ++movements_;
  return true;
}

void Conversation::read(Lane& lane, Party& to, std::size_t count) {
  to.receive(lane.front(count));
  lane.consume(count);
  happen();
}

void Conversation::happen() {
  client_.happen();
  daemon_.happen();
}

// --- the cancel -----------------------------------------------------------------------------------------------------

void Conversation::at_boundary() {
  if (!cancel_) return find_possible();
  if (given_up_ || movements_ != cancel_->boundary) return;
  divide(cancel_->split);
  give_up(talks_[cancel_->stream]);
}

void Conversation::find_possible() {
  for (const std::size_t split : splits) {
    if (!divides(split)) continue;
    for (std::size_t stream = 0; stream < talks_.size(); ++stream) {
      for (const How how : every_how) {
        if (!changes_something(talks_[stream], how) || !depends_on(setting_.stop, how)) continue;
        possible_.push_back({.stream = stream, .how = how, .boundary = movements_, .split = split});
      }
    }
  }
}

bool Conversation::divides(std::size_t split) const {
  return split == 0 || up_.next_frame() > split || down_.next_frame() > split;
}

void Conversation::divide(std::size_t split) {
  if (up_.next_frame() > split) read(up_, daemon_.party, split);
  if (down_.next_frame() > split) read(down_, client_.party, split);
}

void Conversation::give_up(Talk& talk) {
  given_up_ = true;
  finished_before_ = talk.finished;
  const How how = cancel_->how;
  if (client_finishes(how)) client_.finish(talk);
  if (client_aborts(how)) client_.abort(talk);
  if (daemon_fails(how)) fail(talk);
  if (daemon_is_done(how)) daemon_.done(talk);
  must(holds_serial(client_.party.session, talk), "a serial is free before the client knows how its stream ended");
  client_.call();
}

void Conversation::fail(Talk& talk) {
  if (talk.called) {
    daemon_.fail(talk, "disk full");
  } else {
    talk.fails = true;
  }
}

// --- what must hold -------------------------------------------------------------------------------------------------

void Conversation::judge() {
  must(up_.empty() && down_.empty(), "something is left on its way");
  judge_connection(client_.party, client_budget_);
  judge_connection(daemon_.party, daemon_budget_);
  must(client_.answered() == client_.asked(), "a call is not answered");
  must(!given_up_ || again_, "a stream that was given up has no end");
  for (std::size_t i = 0; i < talks_.size(); ++i) {
    const Talk& talk = talks_[i];
    must(talk.ending != Ending::none && talk.over, "a stream has no end");
    judge_agreement(talk);
    if (given_up_ && i == cancel_->stream) {
      judge_given_up(talk);
    } else {
      judge_whole(talk);
    }
  }
}

void Conversation::judge_connection(const Party& party, const Budget& budget) const {
  const Session& session = party.session;
  must(session.streams() == 0 && !session.calls_pending() && !session.describe().contains('#'), "a call is left");
  must(!session.wants_to_send() && !session.braked() && !session.limits() && !session.deadline(),
       "a session waits for something");
  must(session.counters().violations == 0, "one end says that the other broke the protocol");
  must(budget.left() == budget_size, "a part of the budget is lost");
}

// Every byte and the outcome as without the cancel.
void Conversation::judge_whole(const Talk& talk) {
  must(talk.ending == Ending::done && talk.well, "a stream that nobody gave up is not done");
  const std::string all_up = talk.writes_up() ? content(talk.id, 'u') : "";
  const std::string all_down = talk.writes_down() ? content(talk.id, 'd') : "";
  must(daemon_.party.inbox[talk.id] == all_up, "other bytes went up than without the cancel");
  must(client_.party.inbox[talk.id] == all_down, "other bytes came down than without the cancel");
}

void Conversation::judge_given_up(const Talk& talk) {
  judge_ending(talk, cancel_->how, finished_before_);
  must(talk.client_mark == mark(client_.party, talk.id), "the client sends or takes data of a stream it knows is over");
  must(!talk.daemon_mark || talk.daemon_mark == mark(daemon_.party, talk.id),
       "the daemon sends or takes data of a stream it knows is over");
  must(!talk.finished || talk.taken_at_finish == client_.party.inbox[talk.id].size(),
       "data are taken after the finish");
  judge_direction(talk.up, client_.party, daemon_.party, talk.id);
  judge_direction(talk.down, daemon_.party, client_.party, talk.id);
  if (talk.ending != Ending::done) return;
  // A handler may be done with a console although its client has more to say.
  must(!talk.finish_told || daemon_.party.inbox[talk.id] == talk.up, "done, but not all of it arrived");
  must(!talk.ended || client_.party.inbox[talk.id] == talk.down, "done, but not all of it came");
}

// What was sent was taken or dropped, and nothing else was dropped.
void Conversation::judge_direction(const std::string& written, Party& from, Party& to, const CallId& id) const {
  const std::string& taken = to.inbox[id];
  must(written.starts_with(taken), "other bytes arrived than were written");
  const std::size_t sent = written.size() - from.outbox[id].size();
  must(sent == taken.size() + to.session.counters().dropped_bytes,
       "bytes of another stream are dropped, or none of it");
}

// --- words ----------------------------------------------------------------------------------------------------------

std::string describe(const Setting& setting) {
  constexpr std::array<std::string_view, 4> stops{"at once", "later", "later and well", "never by themselves"};
  std::string text = setting.extended ? "windows of " + std::to_string(setting.window) : "no windows";
  text += setting.reply_last ? ", reply last" : ", reply first";
  text += ", " + std::to_string(setting.lanes.late) + " frames late, reads of ";
  text += setting.lanes.read == 0 ? "a frame" : std::to_string(setting.lanes.read) + " bytes";
  if (setting.limited) text += ", two streams limited";
  return text + ", handlers stop " + std::string(stops[static_cast<std::size_t>(setting.stop)]);
}

std::string describe(const Cancel& cancel) {
  constexpr std::array<std::string_view, 8> hows{
      "the client aborts",         "the daemon fails",        "both give it up",     "the client finishes and aborts",
      "it is finished, and fails", "it is aborted, and done", "the client finishes", "the daemon is done"};
  return "stream " + std::to_string(cancel.stream) + " before movement " + std::to_string(cancel.boundary) + ", " +
         std::to_string(cancel.split) +
         " bytes into the next frames: " + std::string(hows[static_cast<std::size_t>(cancel.how)]);
}

}  // namespace sluice::sim
