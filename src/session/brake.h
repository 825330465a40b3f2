#pragma once
// The only way to slow a peer without windows: this side stops reading its socket. Several streams may hold the brake;
// the last one to let go releases it. A stream takes it above the high mark and keeps it until it is below the low one.

#include <cstdint>
#include <set>

#include "base/limits.h"
#include "remote/proc.h"

namespace sluice::session {

class Brake {
 public:
  // The stream holds so many bytes now.
  void holds(const remote::CallId& stream, std::uint64_t bytes) {
    if (bytes > limits::brake_high) holders_.insert(stream);
    if (bytes < limits::brake_low) holders_.erase(stream);
  }
  void forget(const remote::CallId& stream) { holders_.erase(stream); }
  bool on() const { return !holders_.empty(); }

 private:
  std::set<remote::CallId> holders_;
};

}  // namespace sluice::session
