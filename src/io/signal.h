#pragma once
// Signal wakes the one task that waits for something to become true.
//
//   co_await readable_.until([this] { return !queue_.empty(); });      ...      queue_.push_back(x);
//   readable_.notify();
//
// There are many of them, a few for each stream: so it keeps its waiter itself, and is no timer of Asio's, which would
// be three times as large and would stand in a queue with all others.

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <functional>
#include <utility>

#include "base/assert.h"
#include "io/task.h"

namespace sluice::io {

class Signal {
 public:
  explicit Signal(const Executor&) {}  // where it is used, and its waiter is at home
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  ~Signal() { ensure(!waiting_, "nobody waits for a signal that dies: its scope was closed"); }

  template <class Ready>
  Task<> until(Ready ready) {
    while (!ready()) {
      ensure(!waiting_, "a signal has one waiter: two readers, or two writers");
      const Mark mark{waiting_};  // also reset when the frame is destroyed without being resumed
      auto begin = [this](auto waiter) { this->keep(std::move(waiter)); };
      co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(begin, asio::use_awaitable);
      auto state = co_await asio::this_coro::cancellation_state;
      state.slot().clear();  // it knows us, who may be gone when the task is cancelled later
      if (co_await asio::this_coro::throw_if_cancelled() && state.cancelled() != asio::cancellation_type::none) {
        throw boost::system::system_error(asio::error::operation_aborted);
      }
    }
  }
  void notify() {
    if (waiter_) std::exchange(waiter_, {})();
  }

 private:
  struct Mark {
    bool& on;
    explicit Mark(bool& b) : on(b) { on = true; }
    ~Mark() { on = false; }
  };
  template <class Waiter>
  void keep(Waiter waiter) {
    if (auto slot = asio::get_associated_cancellation_slot(waiter); slot.is_connected()) {
      slot.assign([this](asio::cancellation_type) { notify(); });
    }
    waiter_ = [waiter = std::move(waiter)]() mutable { asio::post(std::move(waiter)); };
  }
  std::move_only_function<void()> waiter_;
  bool waiting_ = false;
};

}  // namespace sluice::io
