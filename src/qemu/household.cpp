#include "qemu/household.h"

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

namespace sluice::qemu {

Household::Household(HostOptions options_, Surroundings surroundings, std::optional<Account> account_)
    : options(std::move(options_)),
      around(std::move(surroundings)),
      account(account_),
      emulators(around.disk, around.clock, options.deadlines, std::move(account_)),
      strand_(new_strand()),
      scope_(strand_) {}

io::Executor Household::new_strand() const { return asio::make_strand(around.executor); }

void Household::tell(driver::LifecycleEvent event) {
  std::list<std::weak_ptr<Watcher>> watchers;
  {
    const std::lock_guard lock(mutex_);
    watchers_.remove_if([](const std::weak_ptr<Watcher>& each) { return each.expired(); });
    watchers = watchers_;
  }
  asio::post(strand_, [watchers = std::move(watchers), event = std::move(event)] {
    for (const std::weak_ptr<Watcher>& each : watchers) {
      const std::shared_ptr<Watcher> watcher = each.lock();
      if (!watcher) continue;
      const std::lock_guard lock(watcher->mutex);
      if (watcher->told) watcher->told(event);
    }
  });
}

std::shared_ptr<void> Household::watch(std::function<void(const driver::LifecycleEvent&)> told) {
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

io::Task<> Household::spawn(io::Task<> task) {
  auto make = [this, task = std::move(task)]() mutable -> io::Task<> {
    scope_.spawn(std::move(task));
    co_return;
  };
  co_await io::on(strand_, std::move(make));
}

io::Task<> Household::close() {
  closed_ = true;
  co_await io::on(strand_, [this] { return scope_.close(); });
}

}  // namespace sluice::qemu
