#include "client/exchange.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "sluice/error.h"

namespace sluice::client {
namespace {

constexpr std::size_t out_limit = 256 * 1024;  // the link's own queue comes behind it
constexpr std::size_t lent_from = 64 * 1024;   // a write of so much blocks anyway: no copy
constexpr std::size_t gathered = 64 * 1024;    // small writes that wait are put together
constexpr std::size_t gathered_first = 4096;
constexpr std::size_t hole_weight = 64;  // what one holds back of further writes, however long it is
constexpr std::uint64_t hole_max = std::numeric_limits<std::int64_t>::max();  // as the wire says it

}  // namespace

Exchange::Exchange(std::shared_ptr<Engine> engine, Directions may) : engine_(std::move(engine)), may_(may) {}

// --- writing
// ----------------------------------------------------------------------------------------------------------

void Exchange::refuse_unwritable(const char* what) const {
  if (!may_.writes) throw std::logic_error(std::string(what) + ": this stream is only read");
  throw_if_failed();
  if (state_ != State::open) throw std::logic_error(std::string(what) + " after finish");
}

void Exchange::throw_if_failed() const {
  if (state_ != State::failed) return;
  if (connection_lost_) throw Disconnected(*failure_);
  throw Failure(*failure_);
}

void Exchange::write(Bytes bytes) {
  engine_->refuse_its_thread("Stream::write");
  if (bytes.size() >= lent_from) {
    Loan loan;
    lend(bytes, loan);
    loan.wait();
    const std::lock_guard lock(mutex_);
    return throw_if_failed();
  }
  std::unique_lock lock(mutex_);
  refuse_unwritable("Stream::write");
  while (!bytes.empty()) {
    changed_.wait(lock, [this] { return state_ != State::open || room() > 0; });
    refuse_unwritable("Stream::write");
    bytes = bytes.subspan(put(bytes));
    changed();
  }
}

void Exchange::lend(Bytes bytes, Loan& loan) {
  const std::lock_guard lock(mutex_);
  refuse_unwritable("Stream::write");
  while (!bytes.empty()) {
    const Bytes part = bytes.first(std::min<std::size_t>(bytes.size(), limits::body_max));
    loan.lent();
    out_.push_back({.chunk = Chunk::borrowed(part, loan), .used = part.size()});
    bytes = bytes.subspan(part.size());
  }
  changed();
}

std::size_t Exchange::try_write(Bytes bytes) {
  const std::lock_guard lock(mutex_);
  refuse_unwritable("Stream::try_write");
  std::size_t taken = 0;
  while (taken < bytes.size() && room() > 0) taken += put(bytes.subspan(taken));
  if (taken < bytes.size()) watches_[static_cast<std::size_t>(Ready::writable)].wanted = true;
  if (taken > 0) changed();
  return taken;
}

void Exchange::write_hole(std::uint64_t length) {
  engine_->refuse_its_thread("Stream::write_hole");
  std::unique_lock lock(mutex_);
  refuse_unwritable("Stream::write_hole");
  changed_.wait(lock, [this] { return state_ != State::open || room() > 0; });
  refuse_unwritable("Stream::write_hole");
  put_hole(length);
}

bool Exchange::try_write_hole(std::uint64_t length) {
  const std::lock_guard lock(mutex_);
  refuse_unwritable("Stream::try_write_hole");
  if (room() > 0) {
    put_hole(length);
    return true;
  }
  watches_[static_cast<std::size_t>(Ready::writable)].wanted = true;
  return false;
}

void Exchange::put_hole(std::uint64_t length) {
  if (length > hole_max) throw std::logic_error("a hole of " + std::to_string(length) + " bytes is in no file");
  if (length == 0) return;
  const Part& part = out_.emplace_back(Part{.chunk = {}, .hole = length});
  out_held_ += part.held();
  changed();
}

std::size_t Exchange::Part::held() const { return hole != 0 ? hole_weight : gathers ? used : 0; }

std::size_t Exchange::room() const { return out_held_ >= out_limit ? 0 : out_limit - out_held_; }

std::size_t Exchange::put(Bytes bytes) {
  const std::size_t count = std::min({bytes.size(), room(), gathered});
  if (out_.empty() || !out_.back().gathers || out_.back().chunk.size() - out_.back().used < count) {
    // While nothing waits, what is written leaves at once: only what follows is worth a large chunk.
    const std::size_t size = out_.empty() ? std::max(count, gathered_first) : gathered;
    out_.push_back({.chunk = Chunk::uninitialised(size), .used = 0, .gathers = true});
  }
  Part& part = out_.back();
  std::memcpy(part.chunk.data() + part.used, bytes.data(), count);
  part.used += count;
  out_held_ += count;
  return count;
}

// --- reading
// ----------------------------------------------------------------------------------------------------------

bool Exchange::may_read(const char* what) {
  if (!may_.reads) throw std::logic_error(std::string(what) + ": this stream is only written");
  if (!std::exchange(used_, true)) wake();
  throw_if_failed();
  return is(Ready::readable);
}

std::size_t Exchange::read(MutableBytes into) {
  engine_->refuse_its_thread("Stream::read");
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return may_read("Stream::read"); });
  return take(into);
}

std::optional<std::size_t> Exchange::try_read(MutableBytes into) {
  const std::lock_guard lock(mutex_);
  if (may_read("Stream::try_read")) return take(into);
  watches_[static_cast<std::size_t>(Ready::readable)].wanted = true;
  return std::nullopt;
}

SparseRead Exchange::read_sparse(MutableBytes into) {
  engine_->refuse_its_thread("Stream::read_sparse");
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return may_read("Stream::read_sparse"); });
  return take_sparse(into);
}

std::optional<SparseRead> Exchange::try_read_sparse(MutableBytes into) {
  const std::lock_guard lock(mutex_);
  if (may_read("Stream::try_read_sparse")) return take_sparse(into);
  watches_[static_cast<std::size_t>(Ready::readable)].wanted = true;
  return std::nullopt;
}

std::size_t Exchange::take(MutableBytes into) {
  std::size_t taken = 0;
  while (taken < into.size() && !in_.empty()) taken += take_front(into.subspan(taken));
  return taken;
}

SparseRead Exchange::take_sparse(MutableBytes into) {
  // What it gave would look like the end.
  if (into.empty()) throw std::logic_error("Stream::read_sparse: there is no room to read into");
  if (!in_.empty() && in_.front().hole != 0) {
    const std::uint64_t hole = in_.front().hole;
    in_held_ -= hole;
    in_.pop_front();
    wake();
    return {.hole = hole};
  }
  std::size_t taken = 0;
  while (taken < into.size() && !in_.empty() && in_.front().hole == 0) taken += take_front(into.subspan(taken));
  return {.bytes = taken};
}

std::size_t Exchange::take_front(MutableBytes into) {
  io::Piece& piece = in_.front();
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(piece.length(), into.size()));
  if (piece.hole != 0) {
    std::memset(into.data(), 0, count);
    piece.hole -= count;
  } else {
    std::memcpy(into.data(), piece.bytes.data(), count);
    piece.bytes.drop_front(count);
  }
  in_held_ -= count;
  if (piece.is_end()) {
    spent_.push_back(std::move(piece.bytes));
    in_.pop_front();
    wake();
  }
  return count;
}

// --- the end
// ----------------------------------------------------------------------------------------------------------

void Exchange::begin_finish() {
  const std::lock_guard lock(mutex_);
  if (state_ != State::open) return;
  state_ = State::finishing;
  changed();
}

Buffer Exchange::finish() {
  engine_->refuse_its_thread("Stream::finish");
  begin_finish();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return settled(); });
  throw_if_failed();
  return std::move(result_);
}

std::optional<Buffer> Exchange::finished() {
  const std::lock_guard lock(mutex_);
  throw_if_failed();
  if (state_ == State::done) return std::move(result_);
  watches_[static_cast<std::size_t>(Ready::finished)].wanted = true;
  return std::nullopt;
}

void Exchange::abort(Error why) noexcept { fail(std::move(why), false); }

std::optional<Error> Exchange::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

bool Exchange::wait_over(std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, most, [this] { return over_; });
}

void Exchange::limit(std::uint64_t bytes_per_second) {
  asio::post(engine_->executor(), [self = shared_from_this(), bytes_per_second] {
    self->limit_ = bytes_per_second;
    if (self->steering_.limit) self->steering_.limit(bytes_per_second);
  });
}

void Exchange::weigh(std::uint32_t weight) {
  asio::post(engine_->executor(), [self = shared_from_this(), weight] {
    self->weight_ = weight;
    if (self->steering_.weigh) self->steering_.weigh(weight);
  });
}

void Exchange::keep(std::shared_ptr<void> until_dropped) {
  const std::lock_guard lock(mutex_);
  kept_ = std::move(until_dropped);
}

void Exchange::drop() noexcept {
  abort(Error{.code = Code::operation_aborted, .message = "the stream was dropped", .domain = ErrorDomain::streams});
  std::array<Watch, 3> watches;
  std::shared_ptr<void> kept;
  const std::lock_guard lock(mutex_);  // what is let go is let go after the lock
  watches.swap(watches_);
  kept.swap(kept_);
}

// --- who is told
// ------------------------------------------------------------------------------------------------------

bool Exchange::is(Ready when) const {
  if (state_ == State::failed || state_ == State::done) return true;
  switch (when) {
    case Ready::writable: return state_ == State::open && room() > 0;
    case Ready::readable: return !in_.empty() || in_ended_;
    case Ready::finished: return false;
  }
  return false;
}

void Exchange::tell(Ready when, std::function<void()> told) {
  const std::function<void()> before = [&] {
    const std::lock_guard lock(mutex_);
    Watch& watch = watches_[static_cast<std::size_t>(when)];
    std::function<void()> old = std::exchange(watch.told, std::move(told));
    watch.wanted = true;
    if (when == Ready::readable && !std::exchange(used_, true)) wake();
    changed();
    return old;
  }();  // dies without the lock
}

void Exchange::changed() {
  changed_.notify_all();
  wake();
  for (const Ready when : {Ready::writable, Ready::readable, Ready::finished}) {
    Watch& watch = watches_[static_cast<std::size_t>(when)];
    if (!watch.told || !watch.wanted || !is(when)) continue;
    watch.wanted = false;
    engine_->call_back([weak = weak_from_this(), when] {
      const auto self = weak.lock();
      if (!self) return;
      std::function<void()> told;
      {
        const std::lock_guard lock(self->mutex_);
        told = self->watches_[static_cast<std::size_t>(when)].told;
      }
      if (told) told();
    });
  }
}

void Exchange::wake() {
  if (std::exchange(wake_pending_, true)) return;
  asio::post(engine_->executor(), [self = shared_from_this()] {
    {
      const std::lock_guard lock(self->mutex_);
      self->wake_pending_ = false;
    }
    for (io::Signal* signal : {&self->to_wire_, &self->from_wire_, &self->given_up_, &self->used_signal_}) {
      signal->notify();
    }
  });
}

}  // namespace sluice::client
