#pragma once
// Task<T>: a lazily started coroutine that completes on the executor it was spawned on.
//
// Rules of the running half: a task is awaited or spawned into a Scope, never detached; in a cancelled task every
// co_await throws operation_aborted before it starts, so clean-up that awaits goes through `finally`; co_await is not
// allowed inside catch.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace sluice {
namespace asio = boost::asio;
}

namespace sluice::io {

template <class T = void>
using Task = asio::awaitable<T>;
using Executor = asio::any_io_executor;

// What every spawned task is wrapped in. Asio 1.81 awaits once more after a task that ended without ever having waited;
// if that task was cancelled meanwhile, the await throws where nobody catches.
template <class T>
Task<T> contained(Task<T> task) {
  std::exception_ptr failed;
  std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> result;
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(task);
    } else {
      result.emplace(co_await std::move(task));
    }
  } catch (...) {
    failed = std::current_exception();
  }
  co_await asio::this_coro::throw_if_cancelled(false);
  if (failed) std::rethrow_exception(failed);
  if constexpr (!std::is_void_v<T>) co_return std::move(*result);
}

// What a cancellation from here must not outlive: touched on the executor over there only.
struct Crossing {
  asio::cancellation_signal signal;
  bool over = false;
};

// Starts `task` over there; `handler`, which is at home here, is called here.
struct Cross {
  Executor there;

  template <class Handler, class T>
  void operator()(Handler handler, Task<T> task) const {
    const auto crossing = std::make_shared<Crossing>();
    const Executor here = asio::get_associated_executor(handler);
    if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected()) {
      slot.assign([crossing, there = there](asio::cancellation_type type) {
        asio::post(there, [crossing, type] {
          if (!crossing->over) crossing->signal.emit(type);
        });
      });
    }
    // The guard keeps a loop that runs until nothing is left to do from ending meanwhile.
    auto arrive = [crossing, guard = asio::make_work_guard(here), handler = std::move(handler)](
                      std::exception_ptr failed, auto... value) mutable {
      crossing->over = true;
      const Executor home = guard.get_executor();
      auto resume = [guard = std::move(guard), handler = std::move(handler), failed = std::move(failed),
                     ... value = std::move(value)]() mutable { std::move(handler)(failed, std::move(value)...); };
      asio::post(home, std::move(resume));
    };
    asio::co_spawn(there, std::move(task), asio::bind_cancellation_slot(crossing->signal.slot(), std::move(arrive)));
  }
};

template <class T>
struct CrossingSignature {
  using type = void(std::exception_ptr, T);
};
template <>
struct CrossingSignature<void> {
  using type = void(std::exception_ptr);
};

// Runs `make()`'s task on another executor (a machine's strand) and resumes here with its result.
//   auto info = co_await on(strand_, [this]() -> Task<Info> { co_return describe(); });
// A cancellation of the caller reaches the task over there; the caller waits for its end all the same. (Asio 1.81's own
// way, co_spawn with use_awaitable, lets a cancellation that crosses the completion touch memory that is gone.)
template <class Make>
auto on(Executor there, Make make) -> std::invoke_result_t<Make> {
  using Result = typename std::invoke_result_t<Make>::value_type;
  auto run = [](Make inner) -> std::invoke_result_t<Make> { co_return co_await inner(); };
  auto task = contained(run(std::move(make)));
  const Cross cross{std::move(there)};
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, typename CrossingSignature<Result>::type>(
      cross, asio::use_awaitable, std::move(task));
}

// Runs `body`, then `clean_up`, which may await, however body ended: returned, threw or was cancelled. The cancellation
// is seen again afterwards.
//   co_await finally([&] { return write_all(); }, [&] { return remove_partial(); });
template <class Body, class CleanUp>
auto finally(Body body, CleanUp clean_up) -> std::invoke_result_t<Body> {
  using Result = typename std::invoke_result_t<Body>::value_type;
  std::exception_ptr failed;
  std::optional<std::conditional_t<std::is_void_v<Result>, bool, Result>> result;
  try {
    if constexpr (std::is_void_v<Result>) {
      co_await body();
    } else {
      result.emplace(co_await body());
    }
  } catch (...) {
    failed = std::current_exception();
  }
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  try {
    co_await clean_up();
  } catch (...) {
    if (!failed) failed = std::current_exception();
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (failed) std::rethrow_exception(failed);
  if constexpr (!std::is_void_v<Result>) co_return std::move(*result);
}

}  // namespace sluice::io
