#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <optional>

#include "io/failure.h"
#include "io/loop.h"
#include "io/pipe.h"
#include "io/scope.h"

namespace sluice::io {
namespace {

// Gives `pieces` pieces of three bytes, then ends, fails or waits.
struct Giving final : Source {
  explicit Giving(int count) : pieces(count) {}
  Task<Piece> read() override {
    if (pieces-- > 0) co_return Piece{.bytes = Chunk::copy_of(as_bytes("abc"))};
    if (then_fail) fail(Code::operation_failed, "source broke");
    if (then_wait) {
      Signal never;
      co_await never.until([] { return false; });
    }
    co_return Piece{};
  }
  void stop(Error why) noexcept override { stopped = std::move(why); }
  int pieces;
  bool then_fail = false, then_wait = false;
  std::optional<Error> stopped;
};

struct Taking final : Sink {
  Task<> write(Piece piece) override {
    taken += piece.length();
    if (taken > fail_after) fail(Code::operation_failed, "sink broke");
    co_return;
  }
  Task<> finish() override {
    if (fail_finish) fail(Code::operation_failed, "not synced");
    finished = true;
    co_return;
  }
  void abort(Error why) noexcept override { aborted = std::move(why); }
  std::uint64_t taken = 0, fail_after = ~0ULL;
  bool finished = false, fail_finish = false;
  std::optional<Error> aborted;
};

TEST(Pump, MovesEverythingAndFinishesTheSink) {
  Giving from(4);
  Taking to;
  const std::uint64_t moved = run_here([&] { return pump(from, to); });
  EXPECT_EQ(moved, 12U);
  EXPECT_EQ(to.taken, 12U);
  EXPECT_TRUE(to.finished);
  EXPECT_FALSE(from.stopped || to.aborted);
}

TEST(Pump, AFailingSourceAbortsTheSinkWithItsReason) {
  Giving from(2);
  from.then_fail = true;
  Taking to;
  EXPECT_THROW(run_here([&] { return pump(from, to); }), Failure);
  EXPECT_FALSE(to.finished);
  EXPECT_EQ(to.aborted.value().message, "source broke");
}

TEST(Pump, AFailingSinkStopsTheSourceWithItsReason) {
  Giving from(20);
  Taking to;
  to.fail_after = 5;
  EXPECT_THROW(run_here([&] { return pump(from, to); }), Failure);
  EXPECT_EQ(from.stopped.value().message, "sink broke");
}

TEST(Pump, AFinishThatFailsIsAFailureOfTheWhole) {
  Giving from(1);
  Taking to;
  to.fail_finish = true;
  EXPECT_THROW(run_here([&] { return pump(from, to); }), Failure);
  EXPECT_EQ(from.stopped.value().message, "not synced");
}

TEST(Pump, ACancelledPumpTellsBothEnds) {
  Giving from(1);
  from.then_wait = true;
  Taking to;
  run_here([&]() -> Task<> {
    auto pumping = [&]() -> Task<> { co_await pump(from, to); };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(pumping());
      co_await asio::post(asio::use_awaitable);
      co_await scope.close();
    };
    co_await scoped(body);
  });
  EXPECT_EQ(from.stopped.value().code, Code::operation_aborted);
  EXPECT_EQ(to.aborted.value().code, Code::operation_aborted);
}

}  // namespace
}  // namespace sluice::io
