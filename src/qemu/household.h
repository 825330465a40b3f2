#pragma once
// What the machines of a host share: where they live, who asks QEMU programs, who is told of events, and the scope in
// which each running guest is attended to. Thread-safe.

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

#include "driver/host.h"
#include "io/scope.h"
#include "qemu/account.h"
#include "qemu/emulator.h"
#include "qemu/host.h"

namespace sluice::qemu {

class Household {
 public:
  Household(HostOptions options, Surroundings surroundings, std::optional<Account> account);

  const HostOptions options;
  const Surroundings around;
  const std::optional<Account> account;
  Emulators emulators;
  // Takes a machine that is neither defined nor running off the host's list; false: it was not there any more.
  std::function<bool(const driver::Machine&)> forget;

  std::int32_t next_id() { return ++last_id_; }
  io::Executor new_strand() const;

  // Blocking work with the store, on the disk's threads.
  template <class Work>
  io::Task<> store(Work work) {
    co_await around.disk.run([&store = around.store, work = std::move(work)]() mutable { work(store); });
  }

  void tell(driver::LifecycleEvent event);
  std::shared_ptr<void> watch(std::function<void(const driver::LifecycleEvent&)> told);

  io::Task<> spawn(io::Task<> task);  // owned by the host until it is over, cancelled when the host is closed
  bool closed() const { return closed_; }
  io::Task<> close();

 private:
  struct Watcher {
    std::recursive_mutex mutex;  // a watcher may let go of its token while it is told
    std::function<void(const driver::LifecycleEvent&)> told;
  };
  io::Executor strand_;
  io::Scope scope_;
  std::atomic<std::int32_t> last_id_{0};
  std::atomic<bool> closed_{false};
  std::mutex mutex_;
  std::list<std::weak_ptr<Watcher>> watchers_;
};

}  // namespace sluice::qemu
