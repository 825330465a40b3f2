#pragma once
// Tells a task when the threads that hold something have let go of it.
//
//   LetGo let_go(executor);
//   target->held = let_go.hold(use);
//   ...
//   co_await let_go.wait(clock, 1s);

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <memory>

#include "io/clock.h"
#include "io/scope.h"
#include "io/signal.h"

namespace sluice::driver {

class LetGo {
 public:
  explicit LetGo(const io::Executor& executor) : executor_(executor), inside_(std::make_shared<Inside>()) {}

  // `thing` lives as long as what is returned.
  std::shared_ptr<void> hold(std::shared_ptr<void> thing) {
    ++inside_->held;
    auto release = [thing = std::move(thing), inside = inside_,
                    guard = asio::make_work_guard(executor_)](void*) mutable {
      thing.reset();
      const io::Executor there = guard.get_executor();
      asio::post(there, [inside = std::move(inside)] {
        --inside->held;
        inside->changed.notify();
      });
    };
    return {nullptr, std::move(release)};
  }
  // Returns earlier if they take longer than that: they may never let go.
  io::Task<> wait(io::Clock& clock, Duration most) {
    const std::shared_ptr<Inside> inside = inside_;
    auto either = [&](io::Scope& scope) -> io::Task<> {
      scope.spawn(until_free(inside));
      scope.spawn(clock.sleep_until(clock.now() + most));
      co_await scope.any();
    };
    co_await io::scoped(either);
  }

 private:
  struct Inside {
    io::Signal changed;
    std::size_t held = 0;
  };
  static io::Task<> until_free(std::shared_ptr<Inside> inside) {
    co_await inside->changed.until([&inside] { return inside->held == 0; });
  }

  io::Executor executor_;
  std::shared_ptr<Inside> inside_;
};

}  // namespace sluice::driver
