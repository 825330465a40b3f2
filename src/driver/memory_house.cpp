#include "driver/memory_house.h"

#include <boost/asio/strand.hpp>

namespace sluice::driver {

MemoryHouse::MemoryHouse(const io::Executor& executor, io::Clock& clock, MemoryHostOptions options)
    : strand_(asio::make_strand(executor)), clock_(clock), options_(options) {}

Faults MemoryHouse::faults() const {
  const std::lock_guard lock(mutex_);
  return faults_;
}

void MemoryHouse::set_faults(Faults faults) {
  const std::lock_guard lock(mutex_);
  faults_ = std::move(faults);
}

void MemoryHouse::tell(const LifecycleEvent& event) const {
  std::vector<std::shared_ptr<Watcher>> present;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(watchers_, [&present](const std::weak_ptr<Watcher>& each) {
      auto watcher = each.lock();
      if (!watcher) return true;
      present.push_back(std::move(watcher));
      return false;
    });
  }
  for (const auto& watcher : present) (*watcher)(event);
}

std::shared_ptr<void> MemoryHouse::watch(std::function<void(const LifecycleEvent&)> told) {
  auto watcher = std::make_shared<Watcher>(std::move(told));
  const std::lock_guard lock(mutex_);
  watchers_.emplace_back(watcher);
  return watcher;
}

}  // namespace sluice::driver
