#pragma once
// What one end of a stream has written and the other has received: the same bytes and holes, in order, none twice.

#include <cstdint>
#include <deque>
#include <string>

#include "base/bytes.h"
#include "broken_promise.h"

namespace sluice::sim {

class Tape {
 public:
  // The next bytes to write, which depend on where they stand.
  std::string write(std::uint64_t count) {
    std::string bytes(count, '\0');
    for (std::uint64_t i = 0; i < count; ++i) bytes[i] = at(written_ + i);
    add({count, false});
    return bytes;
  }
  void write_hole(std::uint64_t length) { add({length, true}); }

  void read(Bytes bytes) {
    for (const char byte : as_text(bytes)) {
      if (byte != at(read_)) throw BrokenPromise("another byte than was sent at " + std::to_string(read_));
      step(1, false);
    }
  }
  void read_hole(std::uint64_t length) { step(length, true); }

  std::uint64_t written() const { return written_; }
  std::uint64_t received() const { return read_; }

 private:
  struct Segment {
    std::uint64_t length;
    bool hole;
  };
  static char at(std::uint64_t position) {
    return static_cast<char>(static_cast<unsigned char>(position * 13 + (position >> 8) * 7 + (position >> 16)));
  }
  void add(Segment segment) {
    written_ += segment.length;
    if (!segment.hole && !segments_.empty() && !segments_.back().hole) {
      segments_.back().length += segment.length;
    } else {
      segments_.push_back(segment);
    }
  }
  void step(std::uint64_t length, bool hole) {
    if (segments_.empty() || segments_.front().hole != hole || segments_.front().length < length) {
      throw BrokenPromise("something arrived that was not sent at " + std::to_string(read_));
    }
    must(!hole || segments_.front().length == length, "a hole arrived in parts");
    read_ += length;
    segments_.front().length -= length;
    if (segments_.front().length == 0) segments_.pop_front();
  }

  std::deque<Segment> segments_;  // written and not yet received
  std::uint64_t written_ = 0, read_ = 0;
};

}  // namespace sluice::sim
