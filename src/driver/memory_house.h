#pragma once
// What the machines of a MemoryHost share: the strand all of them live on, the clock, the faults to come, and those who
// watch. The list of machines is the host's own.

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

#include "driver/faults.h"
#include "driver/memory_host.h"
#include "io/clock.h"

namespace sluice::driver {

class MemoryMachine;

class MemoryHouse {
 public:
  MemoryHouse(const io::Executor& executor, io::Clock& clock, MemoryHostOptions options);

  const io::Executor& strand() const { return strand_; }
  io::Clock& clock() const { return clock_; }
  const MemoryHostOptions& options() const { return options_; }

  Faults faults() const;
  void set_faults(Faults faults);

  void tell(const LifecycleEvent& event) const;
  std::shared_ptr<void> watch(std::function<void(const LifecycleEvent&)> told);

  // On the strand.
  std::int32_t next_id() { return ++last_id_; }
  bool closed = false;
  std::function<void(const MemoryMachine&)> forget;  // takes a machine off the host's list

 private:
  using Watcher = std::function<void(const LifecycleEvent&)>;

  io::Executor strand_;
  io::Clock& clock_;
  MemoryHostOptions options_;
  mutable std::mutex mutex_;
  Faults faults_;
  mutable std::list<std::weak_ptr<Watcher>> watchers_;
  std::int32_t last_id_ = 0;
};

}  // namespace sluice::driver
