#pragma once
// Signal wakes the one task that waits for something to become true.
//
//   co_await readable_.until([this] { return !queue_.empty(); });      ...      queue_.push_back(x);
//   readable_.notify();

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include "base/assert.h"
#include "io/task.h"

namespace sluice::io {

class Signal {
 public:
  explicit Signal(Executor executor) : timer_(std::move(executor), asio::steady_timer::time_point::max()) {}
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  ~Signal() { ensure(!waiting_, "nobody waits for a signal that dies: its scope was closed"); }

  template <class Ready>
  Task<> until(Ready ready) {
    while (!ready()) {
      ensure(!waiting_, "a signal has one waiter: two readers, or two writers");
      boost::system::error_code woken;
      const Mark mark{waiting_};  // also reset when the frame is destroyed without being resumed
      co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
      if (co_await asio::this_coro::throw_if_cancelled() &&
          (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
        throw boost::system::system_error(asio::error::operation_aborted);
      }
    }
  }
  void notify() { timer_.cancel(); }

 private:
  struct Mark {
    bool& on;
    explicit Mark(bool& b) : on(b) { on = true; }
    ~Mark() { on = false; }
  };
  asio::steady_timer timer_;
  bool waiting_ = false;
};

}  // namespace sluice::io
