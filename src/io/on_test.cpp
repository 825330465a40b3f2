#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include "io/failure.h"
#include "io/loop.h"
#include "io/scope.h"

namespace sluice::io {
namespace {

Task<int> answer(Executor expected) {
  EXPECT_EQ(co_await asio::this_coro::executor, expected);
  co_return 42;
}

TEST(On, RunsThereAndResumesHere) {
  Loops loops(2);
  auto body = [&]() -> Task<int> {
    const Executor there = loops.at(1);
    const int got = co_await on(there, [there] { return answer(there); });
    EXPECT_EQ(co_await asio::this_coro::executor, loops.at(0));
    co_return got;
  };
  EXPECT_EQ(run_on(loops.at(0), body()), 42);
}

TEST(On, BringsTheFailureBack) {
  Loops loops(2);
  auto body = [&]() -> Task<> {
    auto failing = []() -> Task<> {
      fail(Code::no_domain, "not here");
      co_return;
    };
    co_await on(loops.at(1), failing);
  };
  EXPECT_THROW(run_on(loops.at(0), body()), Failure);
}

TEST(On, IsCancelledThere) {
  Loops loops(2);
  bool stopped = false;
  auto body = [&]() -> Task<> {
    auto waiting = [&]() -> Task<> {
      struct Seen {
        bool& flag;
        ~Seen() { flag = true; }
      };
      const Seen seen{stopped};
      Signal never;
      co_await never.until([] { return false; });
    };
    auto there = [&]() -> Task<> { co_await on(loops.at(1), waiting); };
    auto inside = [&](Scope& scope) -> Task<> {
      scope.spawn(there());
      co_return;
    };
    co_await scoped(inside);
    EXPECT_TRUE(stopped) << "its task is over when the caller's is";
  };
  run_on(loops.at(0), body());
}

// The task may be over before its loop hears of the cancellation, and what it returned be here already.
TEST(On, CancellationMayMeetTheEnd) {
  Loops loops(2);
  const auto keep_busy = [&loops] {
    asio::post(loops.at(1), [] {
      for (volatile int turn = 0; turn < 20'000; turn = turn + 1) {
      }
    });
  };
  auto body = [&]() -> Task<> {
    for (int round = 0; round < 1000; ++round) {
      auto brief = [&loops, round]() -> Task<> {
        for (int i = 0; i < round % 3; ++i) co_await asio::post(loops.at(1), asio::use_awaitable);
      };
      auto there = [&]() -> Task<> { co_await on(loops.at(1), brief); };
      auto inside = [&](Scope& scope) -> Task<> {
        for (int i = 0; i < 3; ++i) {
          keep_busy();
          scope.spawn(there());
        }
        keep_busy();
        co_return;
      };
      co_await scoped(inside);
    }
  };
  run_on(loops.at(0), body());
}

}  // namespace
}  // namespace sluice::io
