#pragma once
// Task<T>: a lazily started coroutine that completes on the executor it was spawned on.
//
// Rules of the running half: a task is awaited or spawned into a Scope, never detached; in a cancelled task every
// co_await throws operation_aborted before it starts, so clean-up that awaits goes through `finally`; co_await is not
// allowed inside catch.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
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

// Runs `make()`'s task on another executor (a machine's strand) and resumes here with its result.
//   auto info = co_await on(strand_, [this] { return describe(); });
template <class Make>
auto on(Executor there, Make make) -> std::invoke_result_t<Make> {
  auto run = [](Make inner) -> std::invoke_result_t<Make> { co_return co_await inner(); };
  auto task = run(std::move(make));
  co_return co_await asio::co_spawn(there, std::move(task), asio::use_awaitable);
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
