#pragma once
// All or nothing: what a failed or cancelled piece of work leaves behind is taken back before its error goes on.
//
//   auto work = [&] { return launch(spec); };
//   auto undo = [&](Error why) { return undisturbed(strand_, [&, why] { return abandon(why); }); };
//   co_await or_undo(work, undo);              // throws the Error that undo returned, which may know more

#include <boost/asio/bind_cancellation_slot.hpp>
#include <exception>
#include <type_traits>

#include "io/failure.h"
#include "io/task.h"

namespace sluice::io {

// Like on(), but a cancellation that comes meanwhile neither reaches the task nor ends the waiting; it is seen
// afterwards. (In a task that was cancelled before, `co_await asio::this_coro::throw_if_cancelled(false)` goes first.)
template <class Make>
auto undisturbed(Executor there, Make make) -> std::invoke_result_t<Make> {
  auto run = [](Make inner) -> std::invoke_result_t<Make> { co_return co_await inner(); };
  auto task = run(std::move(make));
  auto token = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
  co_return co_await asio::co_spawn(there, std::move(task), token);
}

template <class Work, class Undo>
Task<> or_undo(Work work, Undo undo) {
  std::exception_ptr failed;
  try {
    co_await work();
  } catch (...) {
    failed = std::current_exception();
  }
  if (!failed) co_return;
  // From here on the task may be cancelled already, and would throw wherever it awaits.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  Error why = reason(failed);
  try {
    why = co_await undo(why);
  } catch (...) {
    why.message += "; and taking it back failed: " + reason(std::current_exception()).message;
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
  throw Failure(std::move(why));
}

}  // namespace sluice::io
