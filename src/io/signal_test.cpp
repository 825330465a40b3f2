#include "io/signal.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include "io/loop.h"
#include "io/scope.h"

namespace sluice::io {
namespace {

TEST(Signal, WhatIsTrueAlreadyIsNotWaitedFor) {
  run_here([]() -> Task<> {
    Signal signal;
    co_await signal.until([] { return true; });
  });
}

TEST(Signal, ANotificationThatChangesNothingWakesNobodyForGood) {
  run_here([]() -> Task<> {
    Signal signal;
    int looked = 0, value = 0;
    auto waiting = [&]() -> Task<> {
      co_await signal.until([&] {
        ++looked;
        return value == 3;
      });
    };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(waiting());
      for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(scope.size(), 1U);
        ++value;
        signal.notify();
        for (int turn = 0; turn < 4; ++turn) co_await asio::post(asio::use_awaitable);
      }
      co_await scope.join();
    };
    co_await scoped(body);
    EXPECT_EQ(looked, 4);
  });
}

TEST(Signal, NotifiedAndCancelledInOneTurnTheTaskEndsCancelled) {
  run_here([]() -> Task<> {
    Signal signal;
    bool ready = false, went_on = false;
    auto waiting = [&]() -> Task<> {
      co_await signal.until([&ready] { return ready; });
      went_on = true;
    };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(waiting());
      co_await asio::post(asio::use_awaitable);
      ready = true;
      signal.notify();
      scope.cancel();
      EXPECT_THROW(co_await scope.join(), boost::system::system_error);
    };
    co_await scoped(body);
    EXPECT_FALSE(went_on);
  });
}

TEST(SignalDeathTest, ASecondWaiterIsABugOfOurs) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto two_wait = [] {
    run_here([]() -> Task<> {
      Signal signal;
      auto waiting = [&]() -> Task<> { co_await signal.until([] { return false; }); };
      auto body = [&](Scope& scope) -> Task<> {
        scope.spawn(waiting());
        scope.spawn(waiting());
        co_await scope.join();
      };
      co_await scoped(body);
    });
  };
  EXPECT_DEATH(two_wait(), "a signal has one waiter");
}

}  // namespace
}  // namespace sluice::io
