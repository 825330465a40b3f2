#include "link/answer.h"

#include <algorithm>

#include "base/assert.h"
#include "base/limits.h"

namespace sluice::link {
namespace {

Error reader_finished() {
  return {.code = Code::operation_aborted, .message = "the reader finished", .domain = ErrorDomain::streams};
}

}  // namespace

Answer::Answer(Core& core, session::CallArrived call) : core_(&core), call_(std::move(call)) {
  if (up()) {
    inbox_ = std::make_unique<io::Pipe>(SIZE_MAX, [this](std::size_t cost) { taken(cost); });
    source_ = std::make_unique<PacedSource>(*inbox_, core.clock());
  }
  if (down()) outbox_ = std::make_unique<Outbox>(static_cast<Outbox::Owner&>(*this));
  core.enter(call_.id, *this);
}

Answer::~Answer() { close(); }

bool Answer::up() const { return proc().stream == remote::Streaming::up || proc().stream == remote::Streaming::both; }
bool Answer::down() const {
  return proc().stream == remote::Streaming::down || proc().stream == remote::Streaming::both;
}

void Answer::close() {
  if (core_ == nullptr) return;
  core_->forget(call_.id);
  core_->touched();
  core_ = nullptr;
  kept_.reset();
}

// --- the handler's side
// -----------------------------------------------------------------------------------------------

void Answer::serve(std::unique_ptr<Answer> answer, Responder& responder, io::Scope& scope) {
  io::Scope::One& task = answer->task_;
  scope.spawn(run(std::move(answer), responder), task);
}

// Thousands of calls may stand in their handlers: this task and the handler's frames are all they have.
Task<> Answer::run(std::unique_ptr<Answer> answer, Responder& responder) {
  Buffer result;
  std::exception_ptr failed;
  try {
    result = co_await responder.respond(*answer);
    answer->handling_ = false;
    // A handler that was asked to stop may be done all the same, and what it has done is completed.
    if (answer->stopped_) co_await asio::this_coro::reset_cancellation_state();
    if (answer->proc().stream != remote::Streaming::none) co_await answer->complete();
  } catch (...) {
    failed = std::current_exception();
  }
  answer->over(responder, std::move(result), failed);
  co_await asio::this_coro::throw_if_cancelled(false);
}

void Answer::over(Responder& responder, Buffer result, const std::exception_ptr& failed) {
  handling_ = false;
  const Ending how = ending(failed);
  settle(std::move(result), failed);
  responder.over(*this, how);
  if (core_ == nullptr) return;
  Core& core = *core_;
  close();
  if (responder.has_enough()) core.leave_when_sent();
}

// What the link does for a handler that returned.
Task<> Answer::complete() {
  if (!accepted_) {
    io::fail(Code::internal_error, "the handler of '" + std::string(proc().name) + "' did not open its stream");
  }
  if (!down() && peer_ != Peer::finished) {
    io::fail(Code::operation_failed, "'" + std::string(proc().name) + "' ended before everything was sent",
             ErrorDomain::streams);
  }
  if (!down()) co_return;
  if (inbox_) inbox_->stop(reader_finished());  // keys nobody reads any more
  if (peer_ != Peer::left_early) co_await outbox_->finish();
}

Ending Answer::ending(const std::exception_ptr& failed) const {
  const bool left = core_ == nullptr;
  if (cancelled_ && (left || failed)) return {.outcome = Outcome::cancelled, .code = cancelled_->code};
  if (left) return {.outcome = Outcome::lost};
  if (peer_ == Peer::aborted) return {.outcome = Outcome::given_up};
  if (!failed || (accepted_ && peer_ == Peer::left_early)) return {};
  return {.outcome = Outcome::failed, .code = io::reason(failed).code};
}

void Answer::settle(Buffer result, const std::exception_ptr& failed) {
  if (core_ == nullptr) return;
  const auto error = !failed ? std::nullopt : std::optional(cancelled_ ? *cancelled_ : io::reason(failed));
  if (accepted_) return settle_stream(std::move(result), error);
  if (error) {
    core_->session().fail(call_.id, *error);
  } else {
    core_->session().reply(call_.id, std::move(result));
  }
}

void Answer::settle_stream(Buffer result, const std::optional<Error>& error) {
  // Who finishes a download early wants no more of it: whatever the handler makes of that is no news to the client.
  if (!error || peer_ == Peer::left_early) {
    core_->session().done(call_.id, std::move(result));
  } else {
    core_->session().fail(call_.id, *error);
  }
}

void Answer::accept(Buffer reply) {
  ensure(proc().stream != remote::Streaming::none && !accepted_, "a streaming call is accepted once");
  if (core_ == nullptr) io::fail(Code::operation_aborted, "the connection is over");
  accepted_ = true;
  core_->session().accept(call_.id, std::move(reply));
  Buffer().swap(call_.args);  // they were read
  core_->touched();
}

io::Source& Answer::source() {
  ensure(accepted_ && inbox_ != nullptr, "only an accepted upload or console has a source");
  return *source_;
}

io::Sink& Answer::sink() {
  ensure(accepted_ && outbox_ != nullptr, "only an accepted download or console has a sink");
  return *outbox_;
}

void Answer::taken(std::size_t cost) {
  if (core_ == nullptr) return;
  core_->taken(call_.id, cost);
}

void Answer::outbox_ready(std::uint64_t bytes) {
  if (core_ == nullptr) return;
  core_->session().ready(call_.id, bytes);
  core_->touched();
}

std::size_t Answer::outbox_limit() const {
  const bool crowded = core_ != nullptr && core_->session().streams() > limits::crowd;
  return crowded ? limits::answer_outboxes / limits::streams_max : limits::answer_outbox;
}

bool Answer::outbox_holes() const { return core_ != nullptr && core_->session().holes_allowed(call_.id); }

void Answer::outbox_hole(std::uint64_t length) {
  if (core_ == nullptr) return;
  core_->session().hole(call_.id, length);
  core_->touched();
}

void Answer::outbox_end() {
  if (core_ == nullptr) return;
  core_->session().end(call_.id);
  core_->touched();
}

// --- the client's side
// ------------------------------------------------------------------------------------------------

void Answer::data(io::Piece piece) {
  const std::size_t cost = piece.cost();
  copied_ += piece.bytes.size();
  if (!inbox_ || inbox_->failed()) return taken(cost);  // the handler reads no more
  inbox_->push(std::move(piece));
}

void Answer::finished() {
  const bool early = outbox_ && !outbox_->ended();
  peer_ = early ? Peer::left_early : Peer::finished;
  if (inbox_) inbox_->end();
  if (!outbox_) return;
  if (early) {
    outbox_->fail(reader_finished());
  } else {
    outbox_->confirm();
  }
}

void Answer::failed(const Error& why) {
  peer_ = Peer::aborted;
  stop_handler(why);  // the session confirms when it is over, or when that takes too long
}

void Answer::stop_handler(const Error& why) {
  if (inbox_) inbox_->abort(why);
  if (outbox_) outbox_->fail(why);
  stopped_ = true;
  if (handling_) task_.cancel();
}

void Answer::lost(const Error& why) {
  core_ = nullptr;
  if (inbox_) inbox_->abort(why);
  if (outbox_) outbox_->fail(why);
}

}  // namespace sluice::link
