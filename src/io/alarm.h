#pragma once
// Alarm ends from elsewhere what a task does on its own executor: a save whose machine died, a job that somebody
// aborted, a console that another client took over.
//
//   auto alarm = std::make_shared<Alarm>(co_await asio::this_coro::executor);
//   scope.spawn(alarm->wait());                                              // throws what is raised
//   Alarm::raise(alarm, {.code = Code::operation_aborted, .message = "..."}); // from anywhere; the first one counts

#include <boost/asio/post.hpp>
#include <memory>
#include <optional>

#include "io/failure.h"
#include "io/signal.h"

namespace sluice::io {

class Alarm {
 public:
  explicit Alarm(const Executor& executor) : executor_(executor) {}

  static void raise(const std::shared_ptr<Alarm>& alarm, Error why) {
    asio::post(alarm->executor_, [alarm, why = std::move(why)]() mutable {
      if (!alarm->why_) alarm->why_ = std::move(why);
      alarm->raised_.notify();
    });
  }
  Task<> wait() {
    co_await raised_.until([this] { return why_.has_value(); });
    throw Failure(*why_);
  }

 private:
  Executor executor_;
  Signal raised_;
  std::optional<Error> why_;
};

}  // namespace sluice::io
