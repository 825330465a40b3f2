// The loop's side of an Exchange.

#include "client/exchange.h"
#include "io/failure.h"

namespace sluice::client {
namespace {

constexpr std::uint64_t in_limit = 256 * 1024;  // read ahead for the application; the link's window comes behind it

}  // namespace

io::Task<> Exchange::to_wire(io::Sink* out) {
  for (;;) {
    co_await to_wire_.until([this] {
      const std::lock_guard lock(mutex_);
      return !out_.empty() || feeder_ || state_ != State::open;
    });
    Feeder feeder;
    Part part;
    {
      const std::lock_guard lock(mutex_);
      if (state_ == State::failed) throw io::Failure(*failure_);
      feeder = std::exchange(feeder_, {});
      if (!feeder && out_.empty()) co_return;
      if (!feeder) {
        part = std::move(out_.front());
        out_.pop_front();
        out_held_ -= part.held();
        changed();
      }
    }
    if (feeder) {
      co_await feeder(*out);
      begin_finish();
      co_return;
    }
    io::Piece piece{.bytes = std::move(part.chunk), .hole = part.hole};
    piece.bytes.truncate(part.used);
    co_await out->write(std::move(piece));
  }
}

class Exchange::Rest final : public io::Source {
 public:
  Rest(Exchange& exchange, io::Source& in) : exchange_(exchange), in_(in) {}

  io::Task<io::Piece> read() override {
    std::optional<io::Piece> held;
    {
      const std::lock_guard lock(exchange_.mutex_);
      if (!exchange_.in_.empty()) {
        held = std::move(exchange_.in_.front());
        exchange_.in_.pop_front();
        exchange_.in_held_ -= held->length();
      } else if (exchange_.in_ended_) {
        held.emplace();
      }
    }
    if (held) co_return std::move(*held);
    co_return co_await in_.read();
  }
  void stop(Error why) noexcept override { in_.stop(std::move(why)); }
  void may_splice() override { in_.may_splice(); }

 private:
  Exchange& exchange_;
  io::Source& in_;
};

io::Task<> Exchange::from_wire(io::Source& in) {
  for (;;) {
    co_await from_wire_.until([this] {
      const std::lock_guard lock(mutex_);
      spent_.clear();
      return drainer_ || settled() || (used_ && in_held_ < in_limit && !in_ended_);
    });
    Drainer drainer;
    {
      const std::lock_guard lock(mutex_);
      if (settled()) co_return;
      drainer = std::exchange(drainer_, {});
    }
    if (drainer) {
      Rest rest(*this, in);
      co_await drainer(rest);
      begin_finish();
      co_return;
    }
    io::Piece piece = co_await in.read();
    const std::lock_guard lock(mutex_);
    if (piece.is_end()) {
      in_ended_ = true;
    } else {
      in_held_ += piece.length();
      in_.push_back(std::move(piece));
    }
    changed();
  }
}

void Exchange::steered_by(Steering steering) {
  steering_ = std::move(steering);
  if (steering_.limit && limit_) steering_.limit(*limit_);
  if (steering_.weigh && weight_) steering_.weigh(*weight_);
}

io::Task<> Exchange::until_given_up() {
  co_await given_up_.until([this] {
    const std::lock_guard lock(mutex_);
    return state_ == State::failed;
  });
}

bool Exchange::begin() {
  const std::lock_guard lock(mutex_);
  if (state_ == State::failed) return false;
  begun_ = true;
  return true;
}

io::Task<> Exchange::until_used(std::function<bool()> or_else) {
  return used_signal_.until([this, or_else = std::move(or_else)] {
    const std::lock_guard lock(mutex_);
    return used_ || !out_.empty() || feeder_ || drainer_ || state_ != State::open || (or_else && or_else());
  });
}

void Exchange::settle(Buffer result) {
  const std::lock_guard lock(mutex_);
  if (settled()) return;
  state_ = State::done;
  result_ = std::move(result);
  changed();
}

void Exchange::fail(Error why, bool connection_lost) {
  std::list<Part> out;  // what is dropped goes back to its lenders after the lock
  std::list<io::Piece> in;
  const std::lock_guard lock(mutex_);
  if (settled()) return;
  state_ = State::failed;
  failure_ = std::move(why);
  connection_lost_ = connection_lost;
  over_ = over_ || !begun_;
  out.swap(out_);
  in.swap(in_);
  out_held_ = 0;
  in_held_ = 0;
  changed();
}

void Exchange::over() {
  const std::lock_guard lock(mutex_);
  over_ = true;
  changed();
}

void Exchange::feed(Feeder feeder) {
  const std::lock_guard lock(mutex_);
  refuse_unwritable("Stream::send");
  feeder_ = std::move(feeder);
  changed();
}

void Exchange::drain(Drainer drainer) {
  const std::lock_guard lock(mutex_);
  throw_if_failed();
  drainer_ = std::move(drainer);
  changed();
}

}  // namespace sluice::client
