#pragma once
// CacheFootprint: how much of a file stays in the page cache behind a stream that writes it. Little files stay whole;
// of a large one the oldest bytes of this stream are put on the disk and let go, so that a transfer does not push
// everyone else out of memory (docs/adr/0008-page-cache.md).
//
//   CacheFootprint footprint;
//   footprint.wrote(at, length);                                 // from the front to the back
//   while (footprint.is_too_large()) footprint.let_go_of_some(file, "cannot write 'x'");   // each a step of the disk
//
// Up to its limit it counts and asks the system nothing. One thread at a time; blocks: called on the Disk's threads.

#include <cstdint>
#include <deque>
#include <string>

namespace sluice::io {

class CacheFootprint {
 public:
  // An eighth of the memory of this machine, but no less than 256 MiB.
  static std::uint64_t usual_most();
  static constexpr std::uint64_t part = 1024 * 1024;  // let go at once

  explicit CacheFootprint(std::uint64_t most = usual_most()) : most_(most) {}

  void wrote(std::uint64_t from, std::uint64_t length);
  bool is_too_large() const { return kept_ > most_; }
  // Up to where all that was told is on the disk now; 0: this kind of file cannot do it, and is not asked again.
  std::uint64_t let_go_of_some(int file, const std::string& doing);

 private:
  // What was written between two multiples of `part`.
  struct Written {
    std::uint64_t begin = 0, end = 0;
    std::uint64_t bytes = 0;  // holes lie between them
    std::uint64_t weight() const;
  };

  std::uint64_t most_;
  std::uint64_t kept_ = 0;
  std::deque<Written> written_;  // and not let go
  Written before_;               // the last that was
  bool works_ = true;
};

}  // namespace sluice::io
