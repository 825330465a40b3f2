#include "io/pipe.h"

namespace sluice::io {

Task<Piece> Pipe::read() {
  co_await readable_.until([this] { return error_ || !queue_.empty() || state_ != State::open; });
  if (error_) throw Failure(*error_);
  if (queue_.empty()) co_return Piece{};
  Piece piece = std::move(queue_.front());
  queue_.pop_front();
  if (piece.spliced == filling_) filling_.reset();  // the consumer's from now on
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
  if (filling_ && filling_->size() > 0) filling_.reset();  // what comes next stands behind this piece
  readable_.notify();
}

std::shared_ptr<Spliced> Pipe::splice_room() {
  if (!filling_ && splices()) filling_ = pool_->take();
  return filling_;
}

void Pipe::spliced(std::size_t count, bool frame_complete) {
  ensure(filling_ != nullptr && state_ == State::open, "bytes come where there was room for them");
  const bool waits = !queue_.empty() && queue_.back().spliced == filling_;
  if (!waits) queue_.push_back(Piece{.bytes = {}, .spliced = filling_, .frames = 0});
  if (frame_complete) ++queue_.back().frames;
  held_ += count + (frame_complete ? std::size_t{limits::frame_head} : 0);
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
  filling_.reset();
  held_ = 0;
  readable_.notify();
  writable_.notify();
}

}  // namespace sluice::io
