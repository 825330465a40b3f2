#include "io/pipe.h"

namespace sluice::io {

Task<Piece> Pipe::read() {
  co_await readable_.until([this] { return error_ || !queue_.empty() || state_ != State::open; });
  if (error_) throw Failure(*error_);
  if (queue_.empty()) co_return Piece{};
  Piece piece = std::move(queue_.front());
  queue_.pop_front();
  held_ -= piece.cost();
  if (taken_) taken_(piece.cost());
  writable_.notify();
  co_return piece;
}

Task<> Pipe::write(Piece piece) {
  const std::size_t cost = piece.cost();
  co_await writable_.until([this, cost] { return error_ || held_ == 0 || held_ + cost <= limit_; });
  push(std::move(piece));
}

void Pipe::push(Piece piece) {
  if (error_) throw Failure(*error_);
  ensure(state_ == State::open && !piece.is_end(), "nothing is written after the end, and no false end");
  held_ += piece.cost();
  queue_.push_back(std::move(piece));
  readable_.notify();
}

void Pipe::end() {
  if (state_ == State::open) state_ = State::ended;
  readable_.notify();
}

Task<> Pipe::finish() {
  end();
  co_await writable_.until([this] { return error_ || state_ == State::confirmed; });
  if (error_) throw Failure(*error_);
}

void Pipe::confirm() {
  if (error_ || state_ == State::confirmed) return;
  state_ = State::confirmed;
  writable_.notify();
}

void Pipe::fail(Error why) noexcept {
  if (error_ || state_ == State::confirmed) return;
  error_ = std::move(why);
  if (taken_ && held_ != 0) taken_(held_);  // what is dropped is credit again
  queue_.clear();
  held_ = 0;
  readable_.notify();
  writable_.notify();
}

}  // namespace sluice::io
