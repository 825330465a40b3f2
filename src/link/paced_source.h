#pragma once
// PacedSource: what came on a stream, as its handler takes it: counted, and no faster than its limit. What waits
// meanwhile is held by the window or, toward peers without windows, by the brake.
//
//   PacedSource source(inbox, clock);
//   source.limit(1'000'000);  io::Piece piece = co_await source.read();

#include "io/clock.h"
#include "io/pipe.h"
#include "session/bucket.h"
#include "session/meter.h"

namespace sluice::link {

class PacedSource final : public io::Source {
 public:
  PacedSource(io::Pipe& inbox, io::Clock& clock) : inbox_(inbox), clock_(clock) {}

  io::Task<io::Piece> read() override;
  void stop(Error why) noexcept override { inbox_.stop(std::move(why)); }
  void may_splice() override { inbox_.may_splice(); }

  std::uint64_t limit(std::uint64_t bytes_per_second);  // gives what holds from now on
  std::uint64_t limit() const { return bucket_.limit(); }
  void wake();                           // the inbox has failed: nobody need wait any longer to hear that
  bool waits() const { return waits_; }  // for its limit
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t copied() const { return copied_; }  // by whoever took them from memory
  std::uint64_t rate() const { return meter_.rate(clock_.now()); }

 private:
  io::Task<> wait();

  io::Pipe& inbox_;
  io::Clock& clock_;
  io::Signal changed_;
  session::Bucket bucket_;
  session::Meter meter_;
  std::uint64_t bytes_ = 0, copied_ = 0;
  std::uint64_t woken_ = 0;  // how often those who wait looked again
  bool waits_ = false;
};

}  // namespace sluice::link
