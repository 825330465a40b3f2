#include "io/fake_clock.h"

#include <boost/asio/post.hpp>

#include "io/signal.h"

namespace sluice::io {

struct FakeClock::Sleeper {
  Sleeper(const Executor& ex, Instant when) : executor(ex), then(when) {}
  Executor executor;
  Signal signal;
  Instant then;
};

Instant FakeClock::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

std::size_t FakeClock::sleepers() const {
  const std::lock_guard lock(mutex_);
  return sleepers_.size();
}

Task<> FakeClock::sleep_until(Instant then) {
  const auto sleeper = std::make_shared<Sleeper>(co_await asio::this_coro::executor, then);
  std::list<std::shared_ptr<Sleeper>>::iterator entry;
  {
    const std::lock_guard lock(mutex_);
    entry = sleepers_.insert(sleepers_.end(), sleeper);
  }
  struct Leave {
    FakeClock& clock;
    std::list<std::shared_ptr<Sleeper>>::iterator entry;
    ~Leave() {
      const std::lock_guard lock(clock.mutex_);
      clock.sleepers_.erase(entry);
    }
  };
  const Leave leave{*this, entry};
  co_await sleeper->signal.until([this, then] { return now() >= then; });
}

void FakeClock::advance(Duration by) {
  const std::lock_guard lock(mutex_);
  now_ += by;
  for (const auto& sleeper : sleepers_) {
    if (sleeper->then <= now_) asio::post(sleeper->executor, [sleeper] { sleeper->signal.notify(); });
  }
}

}  // namespace sluice::io
