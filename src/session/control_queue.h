#pragma once
// Frames that go before all data, in order: calls, replies, events, aborts, windows. Pongs go before these: a peer that
// asks whether we are alive must not wait. A peer that never reads its replies does not fill the memory: over the limit
// of control_queued_max the connection is given up.

#include <cstddef>
#include <deque>
#include <utility>

#include "base/bytes.h"
#include "base/limits.h"

namespace sluice::session {

class ControlQueue {
 public:
  void push(Buffer frame) {
    bytes_ += frame.size();
    frames_.push_back(std::move(frame));
  }
  void push_pong() { ++pongs_; }
  bool pongs() const { return pongs_ > 0; }
  void pong_left() { --pongs_; }
  Buffer pop() {
    Buffer frame = std::move(frames_.front());
    frames_.pop_front();
    bytes_ -= frame.size();
    return frame;
  }
  bool frames() const { return !frames_.empty(); }
  bool empty() const { return frames_.empty() && pongs_ == 0; }
  std::size_t bytes() const { return bytes_; }
  bool overflows() const { return bytes_ > limits::control_queued_max; }

 private:
  std::deque<Buffer> frames_;
  std::size_t bytes_ = 0;
  std::size_t pongs_ = 0;
};

}  // namespace sluice::session
