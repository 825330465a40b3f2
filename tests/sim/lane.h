#pragma once
// One direction between two parties: frames on their way, read one by one, or so many bytes at once wherever that cuts
// them.

#include <deque>

#include "carrier.h"

namespace sluice::sim {

struct LaneOptions {
  std::size_t late = 0;  // frames that stay on their way while more are sent
  std::size_t read = 0;  // bytes of one read; 0: a frame
};

class Lane {
 public:
  explicit Lane(LaneOptions options) : options_(options) {}
  void push(Bytes frame) {
    bytes_.push(frame);
    left_.push_back(frame.size());
  }
  bool full() const { return left_.size() > options_.late; }
  bool empty() const { return left_.empty(); }
  std::size_t next_frame() const { return left_.empty() ? 0 : left_.front(); }  // what has not been read of it
  std::size_t next_read() const { return options_.read == 0 ? next_frame() : std::min(options_.read, bytes_.size()); }
  Bytes front(std::size_t count) const { return bytes_.front(count); }
  void consume(std::size_t count) {
    bytes_.consume(count);
    while (count > 0) {
      const std::size_t part = std::min(count, left_.front());
      left_.front() -= part;
      count -= part;
      if (left_.front() == 0) left_.pop_front();
    }
  }

 private:
  LaneOptions options_;
  Carrier bytes_;
  std::deque<std::size_t> left_;  // bytes of each frame
};

}  // namespace sluice::sim
