#pragma once
// Signal wakes the one task that waits for something to become true.
//
//   co_await readable_.until([this] { return !queue_.empty(); });      ...      queue_.push_back(x);
//   readable_.notify();
//
// Who waits and who notifies are on one executor.

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include "base/assert.h"
#include "io/task.h"

namespace sluice::io {

class Signal {
 public:
  Signal() = default;
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  ~Signal() { ensure(waiter_ == nullptr, "nobody waits for a signal that dies: its scope was closed"); }

  template <class Ready>
  Task<> until(Ready ready) {
    while (!ready()) {
      ensure(waiter_ == nullptr, "a signal has one waiter: two readers, or two writers");
      boost::system::error_code woken;
      asio::steady_timer never(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
      const Mark mark(waiter_, never);  // also reset when the frame is destroyed without being resumed
      co_await never.async_wait(asio::redirect_error(asio::use_awaitable, woken));
      if (co_await asio::this_coro::throw_if_cancelled() &&
          (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
        throw boost::system::system_error(asio::error::operation_aborted);
      }
    }
  }
  void notify() {
    if (waiter_ != nullptr) waiter_->cancel();
  }

 private:
  struct Mark {
    asio::steady_timer*& waiter;
    Mark(asio::steady_timer*& w, asio::steady_timer& timer) : waiter(w) { waiter = &timer; }
    Mark(const Mark&) = delete;
    Mark& operator=(const Mark&) = delete;
    ~Mark() { waiter = nullptr; }
  };
  asio::steady_timer* waiter_ = nullptr;  // on the frame of who waits: most signals are waited for by nobody
};

}  // namespace sluice::io
