#include "base/assert.h"
#include "link/request.h"

namespace sluice::link {

// What the application reads from. Giving up reading gives up the stream.
class Opened::In final : public io::Source {
 public:
  explicit In(Opened& stream) : stream_(stream) {}
  Task<io::Piece> read() override { return stream_.source_->read(); }
  void stop(Error why) noexcept override { stream_.abort(std::move(why)); }
  void may_splice() override { stream_.source_->may_splice(); }

 private:
  Opened& stream_;
};

Opened::Opened(Core& core, const CallId& id, remote::Streaming stream, bool reply_last)
    : core_(&core),
      id_(id),
      reply_last_(reply_last),
      state_(reply_last ? State::open : State::opening),
      changed_(core.executor()) {
  if (stream != remote::Streaming::up) {
    inbox_.emplace(core.executor(), SIZE_MAX, [this](std::size_t cost) {
      if (core_ == nullptr) return;
      core_->taken(id_, cost);
    });
    source_.emplace(*inbox_, core.clock(), core.executor());
    in_ = std::make_unique<In>(*this);
  }
  if (stream != remote::Streaming::down) outbox_.emplace(core.executor(), static_cast<Outbox::Owner&>(*this));
  core.enter(id_, *this);
}

Opened::~Opened() {
  abort(Error{.code = Code::operation_aborted, .message = "the stream was dropped", .domain = ErrorDomain::streams});
  forget();
}

void Opened::forget() {
  if (core_ == nullptr) return;
  core_->forget(id_);
  core_ = nullptr;
}

// --- the application's side
// -------------------------------------------------------------------------------------------

Task<> Opened::opened() {
  co_await changed_.until([this] { return state_ != State::opening; });
  if (state_ == State::failed) throw io::Failure(*failure_);
}

io::Source& Opened::in() {
  ensure(in_ != nullptr, "only a download or console can be read");
  return *in_;
}

io::Sink& Opened::out() {
  ensure(outbox_.has_value(), "only an upload or console can be written to");
  return *outbox_;
}

Task<Buffer> Opened::finish() {
  if (state_ == State::open) {
    if (outbox_) {
      co_await outbox_->finish();
    } else {
      outbox_end();
    }
  }
  co_await changed_.until([this] { return closed() || state_ == State::aborting; });
  if (state_ != State::done) throw io::Failure(*failure_);
  co_return std::move(result_);
}

void Opened::abort(Error why) noexcept {
  if (closed() || state_ == State::aborting) return;
  if (core_ != nullptr) {
    core_->session().abort(id_, why);
    core_->touched();
  }
  state_ = State::aborting;
  give_up(std::move(why));
}

Task<> Opened::aborted() {
  co_await changed_.until([this] { return closed(); });
}

Task<> Opened::until_failed() {
  co_await changed_.until([this] { return state_ == State::failed; });
  throw io::Failure(*failure_);
}

std::uint64_t Opened::limit(std::uint64_t bytes_per_second) {
  if (core_ == nullptr) return 0;
  std::uint64_t effective = 0;
  if (source_) effective = source_->limit(bytes_per_second);
  if (outbox_) effective = core_->session().limit(id_, bytes_per_second, core_->now());
  core_->touched();
  return effective;
}

bool Opened::weigh(std::uint32_t weight) {
  if (core_ == nullptr) return false;
  const bool heeded = core_->session().weigh(id_, weight);
  core_->touched();
  return heeded;
}

void Opened::outbox_ready(std::uint64_t bytes) {
  if (core_ == nullptr) return;
  core_->session().ready(id_, bytes);
  core_->touched();
}

bool Opened::outbox_holes() const { return core_ != nullptr && core_->session().holes_allowed(id_); }

void Opened::outbox_hole(std::uint64_t length) {
  if (core_ == nullptr) return;
  core_->session().hole(id_, length);
  core_->touched();
}

void Opened::outbox_end() {
  if (state_ != State::open) return;
  state_ = State::finishing;
  core_->session().finish(id_);
  core_->touched();
}

// --- the daemon's side
// ------------------------------------------------------------------------------------------------

void Opened::data(io::Piece piece) {
  const std::size_t cost = piece.cost();
  if (inbox_ && !inbox_->failed() && state_ != State::finishing) return inbox_->push(std::move(piece));
  core_->taken(id_, cost);
}

io::Pipe* Opened::splices_into() {
  return inbox_ && inbox_->splices() && state_ != State::finishing ? &*inbox_ : nullptr;
}

void Opened::replied(Result<Buffer> outcome) {
  if (!outcome) return failed(outcome.error());
  if (reply_last_) return succeed(std::move(*outcome));
  if (state_ == State::opening) {
    state_ = State::open;
    reply_ = std::move(*outcome);
  }
  changed_.notify();
}

void Opened::ended() {
  if (inbox_) inbox_->end();
}

void Opened::confirmed(Buffer result, bool aborted) {
  if (!aborted) return succeed(std::move(result));
  state_ = State::failed;  // why: said by abort
  forget();
  changed_.notify();
}

void Opened::succeed(Buffer result) {
  state_ = State::done;
  result_ = std::move(result);
  if (outbox_) outbox_->confirm();
  if (inbox_) inbox_->end();
  forget();
  changed_.notify();
}

void Opened::failed(const Error& why) {
  state_ = State::failed;
  forget();
  give_up(why);
}

void Opened::lost(const Error& why) {
  core_ = nullptr;
  state_ = State::failed;
  give_up(why);
}

void Opened::give_up(Error why) {
  if (!failure_) failure_ = why;
  if (inbox_) inbox_->abort(why);
  if (source_) source_->wake();
  if (outbox_) outbox_->fail(why);
  changed_.notify();
}

}  // namespace sluice::link
