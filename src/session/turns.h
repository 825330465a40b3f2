#pragma once
// Who sends next: streams that can send stand in a ring and take turns, a frame each.

#include <deque>
#include <optional>
#include <set>

#include "remote/proc.h"

namespace sluice::session {

class Turns {
 public:
  // At the end of the ring; a stream stands in it once.
  void add(const remote::CallId& stream) {
    if (standing_.insert(stream).second) ring_.push_back(stream);
  }
  void remove(const remote::CallId& stream) {
    if (standing_.erase(stream) > 0) std::erase(ring_, stream);
  }
  bool empty() const { return ring_.empty(); }
  std::optional<remote::CallId> next() {  // leaves the ring
    if (ring_.empty()) return std::nullopt;
    const remote::CallId stream = ring_.front();
    ring_.pop_front();
    standing_.erase(stream);
    return stream;
  }

 private:
  std::deque<remote::CallId> ring_;
  std::set<remote::CallId> standing_;
};

}  // namespace sluice::session
