#pragma once
// Engine: what stands behind a Runtime: the loop thread on which connections live, the disk's threads for files, and
// the callbacks that are due.
//
//   auto engine = Engine::shared();
//   Buffer reply = engine->wait(link.call(...), "Domain::start");     // blocks an application thread; refuses its own
//
// The engine ends with its last holder; whatever ran on it is over by then.

#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "base/budget.h"
#include "base/limits.h"
#include "io/clock.h"
#include "io/disk.h"
#include "io/fd.h"
#include "io/loop.h"
#include "io/task.h"

namespace sluice::driver {
class MemoryHost;
}

namespace sluice::client {

class Engine {
 public:
  static std::shared_ptr<Engine> start();
  static std::shared_ptr<Engine> shared();  // the default one: there is at most one at a time
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  io::Executor executor() { return loop_.executor(); }
  io::Disk& disk() { return disk_; }
  io::Clock& clock() { return clock_; }
  Budget& budget() { return budget_; }  // of the windows of all its connections

  bool on_its_thread() const { return loop_.on_this_thread(); }
  void refuse_its_thread(const char* what) const;  // std::logic_error: it would wait for itself
  template <class T>
  T wait(io::Task<T> task, const char* what) {
    refuse_its_thread(what);
    return io::run_on(executor(), std::move(task));
  }

  // Waits until what was posted to the loop so far has run.
  void settle();

  // Runs `due` on the loop's thread, or, once event_fd was asked for, in dispatch.
  void call_back(std::function<void()> due);
  int event_fd();
  std::size_t dispatch();

  std::weak_ptr<driver::MemoryHost> memory_host;  // of test:///default, while connections to it exist; on the loop

 private:
  Engine() = default;
  static std::shared_ptr<Engine> owned();

  io::SteadyClock clock_;
  Budget budget_{limits::process_budget};
  io::Loop loop_;
  io::Disk disk_;  // after the loop: its work is over before the loop is

  std::mutex mutex_;
  std::deque<std::function<void()>> due_;
  io::Fd event_;
};

}  // namespace sluice::client
