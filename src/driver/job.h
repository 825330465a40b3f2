#pragma once
// A Job is a long operation that can be watched and cancelled from any connection: save, restore, upload, download,
// later migrate.
//
//   Job job(JobKind::save, cancelled);           // made by whoever asks; the host fills in the progress
//   co_await machine.save(sink, {}, job);
//
// Progress may be read from any thread; everything else belongs to the executor the operation runs on.

#include <atomic>
#include <cstdint>

namespace sluice::driver {

enum class JobKind : std::uint8_t { save, restore, upload, download };

struct Progress {           // bytes of the machine's state, or of the volume
  std::uint64_t total = 0;  // 0: unknown
  std::uint64_t processed = 0;
  std::uint64_t remaining = 0;
  std::uint64_t elapsed_ms = 0;
};

class Job {
 public:
  explicit Job(JobKind kind) : kind_(kind) {}
  JobKind kind() const { return kind_; }

  Progress progress() const { return {total_, processed_, remaining_, elapsed_ms_}; }
  void report(const Progress& p) {
    total_ = p.total;
    processed_ = p.processed;
    remaining_ = p.remaining;
    elapsed_ms_ = p.elapsed_ms;
  }

 private:
  JobKind kind_;
  std::atomic<std::uint64_t> total_{0}, processed_{0}, remaining_{0}, elapsed_ms_{0};
};

}  // namespace sluice::driver
