#pragma once
// Scope owns tasks: whatever happens to the body of `scoped`, its tasks are over before it returns or throws. No task
// is ever detached.
//
//   co_await scoped([&](Scope& scope) -> Task<> {
//     scope.spawn(pump(keys, machine));  scope.spawn(pump(machine, screen));
//     co_await scope.any();                                  // the first to end ends the console
//   });
// What the tasks use is declared outside the body.

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <exception>
#include <list>

#include "base/assert.h"
#include "io/signal.h"
#include "io/task.h"

namespace sluice::io {

class Scope {
 public:
  explicit Scope(Executor executor) : executor_(std::move(executor)) {}
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope() { ensure(tasks_.empty(), "a scope was closed before it died"); }

  // One task of a scope, for who cancels it alone; of no use when it is over.
  class One {
   public:
    void cancel() { signal_->emit(asio::cancellation_type::terminal); }

   private:
    friend class Scope;
    asio::cancellation_signal* signal_ = nullptr;
  };

  void spawn(Task<> task);            // after close: the task is destroyed unstarted
  void spawn(Task<> task, One& one);  // not wrapped in `contained`: it ends with throw_if_cancelled(false)
  void cancel();
  Task<> join();   // all have ended, or the first failure is thrown
  Task<> any();    // one has ended, or its failure is thrown
  Task<> close();  // cancels and waits for all
  std::size_t size() const { return tasks_.size(); }

 private:
  using Tasks = std::list<asio::cancellation_signal>;
  void start(Task<> task, Tasks::iterator entry);

  Executor executor_;
  Tasks tasks_;
  Signal changed_;
  std::exception_ptr first_;
  std::size_t ended_ = 0;
  bool closing_ = false;
};

template <class Body>
Task<> scoped(Body body) {
  Scope scope(co_await asio::this_coro::executor);
  std::exception_ptr failed;
  try {
    co_await body(scope);
  } catch (...) {
    failed = std::current_exception();
  }
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await scope.close();
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (failed) std::rethrow_exception(failed);
}

}  // namespace sluice::io
