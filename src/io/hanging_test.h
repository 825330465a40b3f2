#pragma once
// A disk that does not answer, for tests.

#include <condition_variable>
#include <memory>
#include <mutex>

#include "io/clock.h"
#include "io/disk.h"
#include "io/fake_clock.h"
#include "io/scope.h"

namespace sluice::io {

// Work that hangs until this is destroyed, as on a disk that does not answer.
class Hanging {
 public:
  Hanging() = default;
  Hanging(const Hanging&) = delete;
  Hanging& operator=(const Hanging&) = delete;
  ~Hanging() {
    const std::lock_guard lock(state_->mutex);
    state_->over = true;
    state_->changed.notify_all();
  }

  Disk::Work work() const {
    return [state = state_] {
      std::unique_lock lock(state->mutex);
      ++state->begun;
      state->changed.notify_all();
      state->changed.wait(lock, [&] { return state->over; });
    };
  }
  void wait_for(std::size_t count) const {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [&] { return state_->begun >= count; });
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t begun = 0;
    bool over = false;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();  // the disk's threads may be the last to let go
};

// What `task` fails with when nothing but time passes.
inline Task<Error> failure_in_time(Disk& disk, Task<> task) {
  FakeClock clock;
  Error why;
  auto pass = [&]() -> Task<> {
    for (;;) {
      clock.advance(std::chrono::seconds(1));
      co_await asio::post(asio::use_awaitable);
    }
  };
  auto beside_time = [&](Scope& scope) -> Task<> {
    scope.spawn(disk.watch(clock, std::chrono::seconds(60)));
    scope.spawn(pass());
    try {
      co_await std::move(task);
    } catch (const Failure& failure) {
      why = failure.error;
    }
  };
  co_await scoped(beside_time);
  co_return why;
}

}  // namespace sluice::io
