#pragma once
// What the pools of one storage share: where their state lives, what they stand on, who is told of events.

#include <functional>
#include <list>
#include <memory>
#include <mutex>

#include "driver/ground.h"
#include "io/clock.h"

namespace sluice::driver {

class GroundedPool;

class PoolHouse {
 public:
  PoolHouse(io::Executor executor, io::Clock& time, std::unique_ptr<Grounds> what)
      : strand(std::move(executor)), clock(time), grounds(std::move(what)) {}

  const io::Executor strand;
  io::Clock& clock;
  const std::unique_ptr<Grounds> grounds;
  // Takes a pool that is neither defined nor active off the storage's list; called on the strand.
  std::function<void(const GroundedPool&)> forget;

  void tell(PoolEvent event);
  std::shared_ptr<void> watch(std::function<void(const PoolEvent&)> told);

 private:
  struct Watcher {
    std::recursive_mutex mutex;  // a watcher may let go of its token while it is told
    std::function<void(const PoolEvent&)> told;
  };
  std::mutex mutex_;
  std::list<std::weak_ptr<Watcher>> watchers_;
};

}  // namespace sluice::driver
