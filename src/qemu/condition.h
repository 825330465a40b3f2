#pragma once
// Condition wakes every task of a strand that waits for something to become true. (io::Signal is for one.)
//
//   co_await changed_.until([this] { return over_; });      ...      over_ = true;  changed_.notify();
//
// Those who wait keep the owner of the condition alive.

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include "io/task.h"

namespace sluice::qemu {

class Condition {
 public:
  explicit Condition(const io::Executor& strand) : timer_(strand, asio::steady_timer::time_point::max()) {}
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;

  template <class Ready>
  io::Task<> until(Ready ready) {
    while (!ready()) {
      boost::system::error_code woken;
      co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
      if (co_await asio::this_coro::throw_if_cancelled() &&
          (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
        throw boost::system::system_error(asio::error::operation_aborted);
      }
    }
  }
  void notify() { timer_.cancel(); }

 private:
  asio::steady_timer timer_;
};

}  // namespace sluice::qemu
