#include "io/undo.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include "io/alarm.h"
#include "io/loop.h"
#include "io/scope.h"

namespace sluice::io {
namespace {

TEST(OrUndo, WhatFailedIsTakenBackAndTheErrorSaysMore) {
  run_here([]() -> Task<> {
    auto work = []() -> Task<> {
      fail(Code::operation_failed, "no");
      co_return;
    };
    auto undo = [](Error why) -> Task<Error> { co_return why.while_doing("cannot work"); };
    try {
      co_await or_undo(work, undo);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error.message, "cannot work: no");
    }
  });
}

TEST(OrUndo, ACancelledTaskTakesBackUndisturbed) {
  Loop other;
  run_here([&]() -> Task<> {
    int steps_back = 0;
    Signal never;
    auto work = [&]() -> Task<> { co_await never.until([] { return false; }); };
    auto take_back = [&]() -> Task<> {
      ++steps_back;
      co_await asio::post(asio::use_awaitable);
      ++steps_back;
    };
    auto undo = [&](Error why) -> Task<Error> {
      co_await undisturbed(other.executor(), take_back);
      co_return why;
    };
    auto task = [&]() -> Task<> { co_await or_undo(work, undo); };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(task());
      co_await asio::post(asio::use_awaitable);
      co_await scope.close();
    };
    co_await scoped(body);
    EXPECT_EQ(steps_back, 2);
    other.stop();  // its last act was to wake this loop, which must not die before that is over
  });
}

TEST(Alarm, RaisedFromAnotherThreadItEndsTheWaitingWithItsReason) {
  Loop other;
  run_here([&]() -> Task<> {
    const auto alarm = std::make_shared<Alarm>(co_await asio::this_coro::executor);
    auto raise = [&]() -> Task<> {
      Alarm::raise(alarm, Error{.message = "first"});
      Alarm::raise(alarm, Error{.message = "second"});
      co_return;
    };
    co_await on(other.executor(), raise);
    try {
      co_await alarm->wait();
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error.message, "first");
    }
    other.stop();  // its last act was to wake this loop, which must not die before that is over
  });
}

}  // namespace
}  // namespace sluice::io
