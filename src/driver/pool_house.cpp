#include "driver/pool_house.h"

#include <boost/asio/post.hpp>

namespace sluice::driver {

void PoolHouse::tell(PoolEvent event) {
  std::list<std::weak_ptr<Watcher>> watchers;
  {
    const std::lock_guard lock(mutex_);
    watchers_.remove_if([](const std::weak_ptr<Watcher>& each) { return each.expired(); });
    watchers = watchers_;
  }
  asio::post(strand, [watchers = std::move(watchers), event = std::move(event)] {
    for (const std::weak_ptr<Watcher>& each : watchers) {
      const std::shared_ptr<Watcher> watcher = each.lock();
      if (!watcher) continue;
      const std::lock_guard lock(watcher->mutex);
      if (watcher->told) watcher->told(event);
    }
  });
}

std::shared_ptr<void> PoolHouse::watch(std::function<void(const PoolEvent&)> told) {
  auto watcher = std::make_shared<Watcher>();
  watcher->told = std::move(told);
  {
    const std::lock_guard lock(mutex_);
    watchers_.push_back(watcher);
  }
  // When the token dies nobody is being told any more, unless by this very thread.
  return {watcher.get(), [watcher](void*) {
            const std::lock_guard lock(watcher->mutex);
            watcher->told = nullptr;
          }};
}

}  // namespace sluice::driver
