#pragma once
// How far an upload or a download is: every step is told to its Job.
//
//   TransferProgress progress(job, clock, room);
//   progress.add(length);                                   // at most left()

#include <chrono>
#include <cstdint>

#include "driver/job.h"
#include "driver/volume_rules.h"
#include "io/clock.h"
#include "io/failure.h"

namespace sluice::driver {

class TransferProgress {
 public:
  TransferProgress(Job& job, const io::Clock& clock, std::uint64_t room)
      : job_(job), clock_(clock), room_(room), begun_(clock.now()) {
    report();
  }
  void add(std::uint64_t bytes) {
    done_ += bytes;
    report();
  }
  std::uint64_t left() const { return room_ - done_; }
  void require_room_for(std::uint64_t bytes) const {
    if (bytes <= left()) return;
    io::fail(Code::invalid_arg, "more bytes come than the " + std::to_string(room_) + " it has room for");
  }

 private:
  void report() {
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - begun_);
    const bool known = room_ < volume_max / 2;
    job_.report({.total = known ? room_ : 0,
                 .processed = done_,
                 .remaining = known ? left() : 0,
                 .elapsed_ms = static_cast<std::uint64_t>(elapsed.count())});
  }

  Job& job_;
  const io::Clock& clock_;
  const std::uint64_t room_;  // what a file may grow to is no total
  const Instant begun_;
  std::uint64_t done_ = 0;
};

}  // namespace sluice::driver
