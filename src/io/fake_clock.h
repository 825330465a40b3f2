#pragma once
// A clock that stands still until it is moved by hand: for tests and simulations.
//
//   FakeClock clock;
//   ... co_await clock.sleep_until(clock.now() + 5s);  ...        clock.advance(5s);   // wakes that sleeper

#include <list>
#include <memory>
#include <mutex>

#include "io/clock.h"

namespace sluice::io {

class FakeClock final : public Clock {
 public:
  Instant now() const override;
  Task<> sleep_until(Instant then) override;
  void advance(Duration by);  // from any thread
  std::size_t sleepers() const;

 private:
  struct Sleeper;
  mutable std::mutex mutex_;
  Instant now_{};
  std::list<std::shared_ptr<Sleeper>> sleepers_;
};

}  // namespace sluice::io
