#include "io/scope.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include "io/failure.h"
#include "io/loop.h"

namespace sluice::io {
namespace {

Task<> wait_for_ever(bool& over) {
  struct Tell {
    bool& over;
    ~Tell() { over = true; }
  };
  const Tell tell{over};
  Signal never;
  co_await never.until([] { return false; });
}

TEST(Scope, TasksAreOverWhenTheBodyReturned) {
  bool over = false;
  run_here([&]() -> Task<> {
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(wait_for_ever(over));
      co_await asio::post(asio::use_awaitable);
    };
    co_await scoped(body);
    EXPECT_TRUE(over);
  });
}

TEST(Scope, TasksAreOverWhenTheBodyThrew) {
  bool over = false;
  run_here([&]() -> Task<> {
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(wait_for_ever(over));
      co_await asio::post(asio::use_awaitable);
      fail(Code::operation_failed, "body");
    };
    EXPECT_THROW(co_await scoped(body), Failure);
    EXPECT_TRUE(over);
  });
}

TEST(Scope, OneTaskIsCancelledAloneAndMayGoOnAfterThat) {
  run_here([]() -> Task<> {
    bool over = false, went_on = false;
    Scope::One one;
    auto cancelled = [&]() -> Task<> {
      bool ended = false;
      EXPECT_THROW(co_await wait_for_ever(ended), boost::system::system_error);
      co_await asio::this_coro::reset_cancellation_state();
      co_await asio::post(asio::use_awaitable);
      went_on = true;
      EXPECT_THROW(co_await wait_for_ever(ended), boost::system::system_error);
      co_await asio::this_coro::throw_if_cancelled(false);
    };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(wait_for_ever(over));
      scope.spawn(cancelled(), one);
      co_await asio::post(asio::use_awaitable);
      one.cancel();
      for (int turn = 0; turn < 4; ++turn) co_await asio::post(asio::use_awaitable);
      EXPECT_TRUE(went_on);
      EXPECT_FALSE(over);
      EXPECT_EQ(scope.size(), 2U);
    };
    co_await scoped(body);
    EXPECT_TRUE(over);
  });
}

TEST(Scope, JoinThrowsTheFirstFailureOfATask) {
  run_here([&]() -> Task<> {
    bool over = false;
    auto failing = []() -> Task<> {
      co_await asio::post(asio::use_awaitable);
      fail(Code::operation_failed, "task");
    };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(wait_for_ever(over));
      scope.spawn(failing());
      co_await scope.join();
    };
    EXPECT_THROW(co_await scoped(body), Failure);
    EXPECT_TRUE(over);
  });
}

TEST(Scope, AnyReturnsWhenOneTaskEnded) {
  run_here([&]() -> Task<> {
    bool over = false;
    auto brief = []() -> Task<> { co_await asio::post(asio::use_awaitable); };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(wait_for_ever(over));
      scope.spawn(brief());
      co_await scope.any();
      EXPECT_FALSE(over);
    };
    co_await scoped(body);
    EXPECT_TRUE(over);
  });
}

TEST(Scope, ATaskSpawnedAfterCloseNeverStarts) {
  run_here([&]() -> Task<> {
    bool started = false;
    auto task = [&]() -> Task<> {
      started = true;
      co_return;
    };
    Scope scope(co_await asio::this_coro::executor);
    co_await scope.close();
    scope.spawn(task());
    co_await asio::post(asio::use_awaitable);
    EXPECT_FALSE(started);
  });
}

TEST(Scope, ACancelledOwnerStillWaitsForItsTasks) {
  run_here([&]() -> Task<> {
    bool over = false;
    auto inner_body = [&](Scope& inner) -> Task<> {
      inner.spawn(wait_for_ever(over));
      co_await inner.join();
    };
    auto owner = [&]() -> Task<> { co_await scoped(inner_body); };
    auto body = [&](Scope& outer) -> Task<> {
      outer.spawn(owner());
      co_await asio::post(asio::use_awaitable);
      co_await asio::post(asio::use_awaitable);
      co_await outer.close();
      EXPECT_TRUE(over);
    };
    co_await scoped(body);
  });
}

TEST(Scope, ATaskThatCancelsItselfBeforeItEverWaitedEndsLikeAnyOther) {
  run_here([&]() -> Task<> {
    auto body = [&](Scope& scope) -> Task<> {
      auto task = [&scope]() -> Task<> {
        scope.cancel();
        co_return;
      };
      scope.spawn(task());
      co_await scope.join();
    };
    co_await scoped(body);
  });
}

TEST(Finally, CleanUpRunsInACancelledTaskAndTheCancellationIsSeenAfterwards) {
  run_here([&]() -> Task<> {
    bool over = false, cleaned = false, went_on = false;
    auto body = [&] { return wait_for_ever(over); };
    auto clean = [&]() -> Task<> {
      co_await asio::post(asio::use_awaitable);
      cleaned = true;
    };
    auto task = [&]() -> Task<> {
      try {
        co_await finally(body, clean);
      } catch (const boost::system::system_error& e) {
        EXPECT_EQ(e.code(), asio::error::operation_aborted);
      }
      co_await asio::post(asio::use_awaitable);
      went_on = true;
    };
    auto owner = [&](Scope& scope) -> Task<> {
      scope.spawn(task());
      co_await asio::post(asio::use_awaitable);
      co_await scope.close();
    };
    co_await scoped(owner);
    EXPECT_TRUE(cleaned);
    EXPECT_FALSE(went_on);
  });
}

TEST(Finally, GivesTheBodysResultAfterCleaningUp) {
  run_here([&]() -> Task<> {
    bool cleaned = false;
    auto body = []() -> Task<int> { co_return 7; };
    auto clean = [&]() -> Task<> {
      cleaned = true;
      co_return;
    };
    EXPECT_EQ(co_await finally(body, clean), 7);
    EXPECT_TRUE(cleaned);
  });
}

TEST(Finally, TheBodysFailureComesBeforeThatOfTheCleanUp) {
  run_here([&]() -> Task<> {
    auto body = []() -> Task<> {
      fail(Code::operation_failed, "body");
      co_return;
    };
    auto clean = []() -> Task<> {
      fail(Code::operation_failed, "clean-up");
      co_return;
    };
    try {
      co_await finally(body, clean);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error.message, "body");
    }
  });
}

}  // namespace
}  // namespace sluice::io
