#include "base/assert.h"
#include "link/request.h"

namespace sluice::link {

// What the application reads from. Giving up reading gives up the stream.
struct Opened::Inbox final : io::Source {
  Inbox(Opened& of, io::Clock& clock)
      : stream(of),
        pipe(SIZE_MAX,
             [this](std::size_t cost) {
               if (stream.core_ != nullptr) stream.core_->taken(stream.id_, cost);
             }),
        paced(pipe, clock) {}

  Task<io::Piece> read() override {
    stream.reads();
    return paced.read();
  }
  void stop(Error why) noexcept override { stream.abort(std::move(why)); }
  void may_splice() override { paced.may_splice(); }

  Opened& stream;
  io::Pipe pipe;
  PacedSource paced;  // its outer end
};

Opened::Opened(Core& core, const CallId& id, remote::Streaming stream, OpenOptions options)
    : core_(&core),
      clock_(core.clock()),
      id_(id),
      down_(stream != remote::Streaming::up),
      reply_last_(options.reply_last),
      reads_(!options.reads_later),
      opened_(options.reply_last),
      state_(options.reply_last ? State::open : State::opening) {
  if (stream != remote::Streaming::down) outbox_ = std::make_unique<Outbox>(static_cast<Outbox::Owner&>(*this));
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
  if (state_ == State::failed && !opened_) throw io::Failure(*failure_);  // or else the next who uses it hears that
}

void Opened::reads() {
  if (std::exchange(reads_, true) || core_ == nullptr) return;
  core_->session().at(core_->now());
  core_->session().reads(id_);
  core_->touched();
}

void Opened::changed() {
  changed_.notify();
  if (told_) told_();
}

io::Source& Opened::in() {
  ensure(down_, "only a download or console can be read");
  return inbox();
}

// As everything that happened meanwhile would have left it.
Opened::Inbox& Opened::inbox() {
  if (inbox_) return *inbox_;
  inbox_ = std::make_unique<Inbox>(*this, clock_);
  if (failure_) inbox_->pipe.abort(*failure_);
  if (state_ == State::done) inbox_->pipe.end();
  return *inbox_;
}

io::Sink& Opened::out() {
  ensure(outbox_ != nullptr, "only an upload or console can be written to");
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
  if (down_) effective = inbox().paced.limit(bytes_per_second);
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
  if (down_ && state_ != State::finishing && !inbox().pipe.failed()) return inbox().pipe.push(std::move(piece));
  core_->taken(id_, cost);
}

io::Pipe* Opened::splices_into() {
  return inbox_ && inbox_->pipe.splices() && state_ != State::finishing ? &inbox_->pipe : nullptr;
}

void Opened::replied(Result<Buffer> outcome) {
  if (!outcome) return failed(outcome.error());
  if (reply_last_) return succeed(std::move(*outcome));
  if (state_ == State::opening) {
    state_ = State::open;
    opened_ = true;
    reply_ = std::move(*outcome);
  }
  changed();
}

void Opened::ended() {
  if (down_) inbox().pipe.end();
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
  if (inbox_) inbox_->pipe.end();
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
  if (inbox_) {
    inbox_->pipe.abort(why);
    inbox_->paced.wake();
  }
  if (outbox_) outbox_->fail(why);
  changed();
}

}  // namespace sluice::link
