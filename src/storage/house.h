#pragma once
// What the pools of a storage share: where their state lives, where blocking work goes, who is told of events.

#include <functional>
#include <list>
#include <memory>
#include <mutex>

#include "driver/storage.h"
#include "io/failure.h"
#include "io/undo.h"
#include "storage/directory_storage.h"
#include "storage/incomplete.h"

namespace sluice::storage {

class DirectoryPool;

class House {
 public:
  explicit House(Surroundings surroundings) : around(std::move(surroundings)), incomplete(around.store) {}

  const Surroundings around;
  Incomplete incomplete;
  // Takes a pool that is neither defined nor active off the storage's list; called on the strand.
  std::function<void(const DirectoryPool&)> forget;

  // Blocking work on the disk's threads; it owns what it touches, for it goes on when the caller is cancelled.
  template <class Work>
  auto blocking(Work work) -> io::Task<std::invoke_result_t<Work>> {
    auto named = [work = std::move(work)]() mutable {
      try {
        return work();
      } catch (io::Failure& failure) {
        if (failure.error.domain == ErrorDomain::none) failure.error.domain = ErrorDomain::storage;
        throw;
      }
    };
    co_return co_await around.disk.run(std::move(named));
  }

  // The same for what must be known to have happened or not: a cancellation is seen only afterwards.
  template <class Work>
  io::Task<> for_sure(Work work) {
    const io::Executor here = co_await asio::this_coro::executor;
    auto run = [this, work = std::move(work)]() mutable { return blocking(std::move(work)); };
    co_await io::undisturbed(here, std::move(run));
  }

  void tell(driver::PoolEvent event);
  std::shared_ptr<void> watch(std::function<void(const driver::PoolEvent&)> told);

 private:
  struct Watcher {
    std::recursive_mutex mutex;  // a watcher may let go of its token while it is told
    std::function<void(const driver::PoolEvent&)> told;
  };
  std::mutex mutex_;
  std::list<std::weak_ptr<Watcher>> watchers_;
};

}  // namespace sluice::storage
