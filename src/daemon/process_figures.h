#pragma once
// What the kernel counts for this process, from /proc.

#include <cstdint>

namespace sluice::daemon {

struct ProcessFigures {
  double started = 0;      // seconds since 1970
  double cpu_seconds = 0;  // user and system
  std::uint64_t resident_bytes = 0;
  std::uint64_t threads = 0;
  std::uint64_t descriptors = 0;

  static ProcessFigures now();  // a Failure says what cannot be read
};

}  // namespace sluice::daemon
