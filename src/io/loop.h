#pragma once
// Event loops: one thread, one io_context each. A connection lives on one of them; nothing on it needs a lock.
//
//   Loops loops(std::thread::hardware_concurrency());
//   auto executor = loops.next();                          // round robin
//   int answer = run_on(executor, ask());                  // from outside: blocks this thread until the task is over

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "io/task.h"

namespace sluice::io {

class Loop {
 public:
  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() { stop(); }

  Executor executor() { return context_.get_executor(); }
  bool on_this_thread() const { return thread_.get_id() == std::this_thread::get_id(); }
  // What was spawned must be over (its scopes closed); what is left is destroyed unfinished. Waits for the thread.
  void stop();

 private:
  asio::io_context context_{1};  // run by one thread
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::thread thread_;
};

class Loops {
 public:
  explicit Loops(std::size_t count);
  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;
  ~Loops() { stop(); }  // all before the first dies: the last act of one may be to wake another
  std::size_t size() const { return loops_.size(); }
  Executor at(std::size_t index) { return loops_[index]->executor(); }
  Executor next();  // round robin; called by one thread
  void stop();

 private:
  std::vector<std::unique_ptr<Loop>> loops_;
  std::size_t next_ = 0;
};

// Runs a task on `executor` and blocks the calling thread, which must not be the executor's own, until it is over.
template <class T>
T run_on(const Executor& executor, Task<T> task) {
  return asio::co_spawn(executor, std::move(task), asio::use_future).get();
}

// Runs a task on the calling thread, on a loop made for it, until nothing is left to do: for tests and small programs.
//   run_here([&]() -> Task<> { co_await pump(from, to); });
template <class Body>
auto run_here(Body body) {
  asio::io_context context(1);
  auto outcome = asio::co_spawn(context, body(), asio::use_future);
  context.run();
  return outcome.get();
}

}  // namespace sluice::io
