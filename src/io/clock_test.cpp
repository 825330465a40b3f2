#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include "io/fake_clock.h"
#include "io/loop.h"
#include "io/random.h"
#include "io/scope.h"

namespace sluice::io {
namespace {

using std::chrono::seconds;

TEST(FakeClock, WakesThoseWhoseTimeHasComeAndNobodyElse) {
  run_here([]() -> Task<> {
    FakeClock clock;
    std::string woken;
    auto sleep = [&](int length, char name) -> Task<> {
      co_await clock.sleep_until(clock.now() + seconds(length));
      woken += name;
    };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(sleep(5, 'b'));
      scope.spawn(sleep(2, 'a'));
      co_await asio::post(asio::use_awaitable);
      EXPECT_EQ(clock.sleepers(), 2U);
      clock.advance(seconds(4));
      for (int i = 0; i < 5; ++i) co_await asio::post(asio::use_awaitable);
      EXPECT_EQ(woken, "a");
      clock.advance(seconds(4));
      co_await scope.join();
      EXPECT_EQ(woken, "ab");
    };
    co_await scoped(body);
    EXPECT_EQ(clock.sleepers(), 0U);
  });
}

TEST(FakeClock, IsMovedFromAnotherThread) {
  FakeClock clock;
  Loop loop;
  auto sleeping = [&]() -> Task<> { co_await clock.sleep_until(clock.now() + seconds(1)); };
  auto asleep = asio::co_spawn(loop.executor(), sleeping(), asio::use_future);
  while (clock.sleepers() == 0) std::this_thread::yield();
  clock.advance(seconds(1));
  asleep.get();
}

TEST(FakeClock, ACancelledSleeperIsForgotten) {
  run_here([]() -> Task<> {
    FakeClock clock;
    auto sleeping = [&]() -> Task<> { co_await clock.sleep_until(clock.now() + seconds(1)); };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(sleeping());
      co_await asio::post(asio::use_awaitable);
      co_await scope.close();
    };
    co_await scoped(body);
    EXPECT_EQ(clock.sleepers(), 0U);
  });
}

TEST(SteadyClock, GoesOnWhileASleeperSleeps) {
  run_here([]() -> Task<> {
    SteadyClock clock;
    const Instant then = clock.now() + std::chrono::milliseconds(5);
    co_await clock.sleep_until(then);
    EXPECT_GE(clock.now(), then);
  });
}

TEST(Random, UuidsAreOfVersionFourAndDiffer) {
  const Uuid uuid = random_uuid();
  EXPECT_EQ(uuid.text()[14], '4');
  EXPECT_NE(uuid, random_uuid());
}

TEST(Random, LettersSuitNamesOfFiles) {
  const std::string letters = random_letters(400);
  EXPECT_EQ(letters.size(), 400U);
  EXPECT_EQ(letters.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"), std::string::npos);
  EXPECT_NE(letters, random_letters(400));
}

TEST(Loops, GiveTheirExecutorsInTurn) {
  Loops loops(3);
  auto where = []() -> Task<std::thread::id> { co_return std::this_thread::get_id(); };
  std::vector<std::thread::id> seen;
  for (int i = 0; i < 4; ++i) seen.push_back(run_on(loops.next(), where()));
  EXPECT_NE(seen[0], seen[1]);
  EXPECT_NE(seen[1], seen[2]);
  EXPECT_EQ(seen[0], seen[3]);
}

}  // namespace
}  // namespace sluice::io
