#pragma once
// Bytes on their way in one direction: delivered in any split, late, or not at all.

#include <algorithm>
#include <vector>

#include "base/bytes.h"

namespace sluice::sim {

class Carrier {
 public:
  void push(Bytes bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  // What comes next, at most so many bytes.
  Bytes front(std::size_t most) const { return Bytes(bytes_).subspan(begin_, std::min(most, bytes_.size() - begin_)); }
  void consume(std::size_t count) {
    begin_ += count;
    if (begin_ < 65536 && begin_ < bytes_.size()) return;
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
  void cut() {
    bytes_.clear();
    begin_ = 0;
  }
  std::size_t size() const { return bytes_.size() - begin_; }

 private:
  Buffer bytes_;
  std::size_t begin_ = 0;
};

}  // namespace sluice::sim
