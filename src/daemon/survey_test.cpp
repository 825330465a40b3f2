#include "daemon/survey.h"

#include <gtest/gtest.h>

#include <future>

#include "driver/memory_host.h"
#include "io/fake_clock.h"
#include "io/loop.h"
#include "remote/remote.h"

namespace sluice::daemon {
namespace {

using io::Task;

// A service with one client; its connection lives on a loop of its own, its host on another.
struct Bed {
  io::Loops loops{3};
  io::Disk disk;
  io::SteadyClock real_clock;
  io::FakeClock clock;
  const std::unique_ptr<driver::MemoryHost> host = driver::MemoryHost::with_default_machine(loops.at(1), real_clock);
  service::Service service{*host, disk, real_clock, {.default_uri = "test:///default"}};
  const io::Executor theirs = loops.at(2);
  Survey survey{service, *host, disk, clock, loops.at(0), io::Logger::silent()};
};

Task<> call_and_survey(Bed& bed, std::function<Task<>(link::Link&, io::Scope& questions)> body) {
  const io::Executor here = co_await asio::this_coro::executor;
  auto [ours, theirs] = io::memory_transports(here, bed.theirs);
  static constexpr std::array programs{remote::Remote::info()};
  link::Link client(here, std::move(ours), session::Session(session::Side::client, {.programs = programs}),
                    bed.real_clock);
  auto serving = [&bed, carrier = std::move(theirs)]() mutable {
    return bed.service.serve(std::move(carrier), {.role = service::anybody_is(remote::Role::admin)});
  };
  auto serve = [&]() -> Task<> { static_cast<void>(co_await io::on(bed.theirs, std::move(serving))); };
  auto run = [&]() -> Task<> { static_cast<void>(co_await client.run(nullptr)); };
  auto all = [&](io::Scope& scope) -> Task<> {
    scope.spawn(serve());
    scope.spawn(run());
    const remote::ConnectOpen open{.name = "test:///default"};
    co_await client.call(remote::Remote::number, remote::ConnectOpen::proc, xdr::encode(open));
    auto asking = [&](io::Scope& questions) -> Task<> { co_await body(client, questions); };
    co_await io::scoped(asking);
    client.close({.code = Code::ok, .message = "the test is over"});
    co_await scope.join();
  };
  co_await io::scoped(all);
}

void with_survey(std::function<Task<>(Bed& bed, link::Link&, io::Scope& questions)> body) {
  Bed bed;
  auto all = [&] {
    auto work = [&] {
      return call_and_survey(bed,
                             [&](link::Link& client, io::Scope& questions) { return body(bed, client, questions); });
    };
    return io::finally(work, [&] { return bed.host->close(); });
  };
  io::run_on(bed.loops.at(0), all());
}

// Keeps a loop from everything else until it dies.
class Stuck {
 public:
  explicit Stuck(const io::Executor& loop) {
    std::promise<void> begun;
    asio::post(loop, [&begun, until = release_.get_future().share()] {
      begun.set_value();
      until.wait();
    });
    begun.get_future().wait();
  }
  Stuck(const Stuck&) = delete;
  Stuck& operator=(const Stuck&) = delete;
  ~Stuck() { release_.set_value(); }

 private:
  std::promise<void> release_;
};

// Takes figures while somebody does not answer and `others` do.
Task<Metrics> take_impatiently(Bed& bed, io::Scope& questions, io::Executor others) {
  Metrics metrics;
  auto take = [&]() -> Task<> { metrics = co_await bed.survey.take(questions); };
  auto both = [&](io::Scope& scope) -> Task<> {
    scope.spawn(take());
    const io::Executor here = co_await asio::this_coro::executor;
    while (bed.clock.sleepers() == 0) co_await asio::post(here, asio::use_awaitable);
    // What others were asked takes no more turns than this.
    auto turn = []() -> Task<> { co_return; };
    for (int i = 0; i < 20; ++i) co_await io::on(others, turn);
    bed.clock.advance(std::chrono::seconds(2));
    co_await scope.join();
  };
  co_await io::scoped(both);
  co_return metrics;
}

std::uint64_t calls_of(const Metrics& metrics) { return metrics.count.past.calls.at(remote::Remote::number).well; }

TEST(Survey, AsksEverybody) {
  with_survey([](Bed& bed, link::Link&, io::Scope& questions) -> Task<> {
    const Metrics metrics = co_await bed.survey.take(questions);
    EXPECT_EQ(metrics.loops_old, 0u);
    EXPECT_FALSE(metrics.machines_old);
    EXPECT_EQ(metrics.machines[static_cast<std::size_t>(driver::RunState::running)], 1u);
    EXPECT_EQ(metrics.count.past.connections.at("memory"), 1u);
    EXPECT_EQ(calls_of(metrics), 1u);
    EXPECT_EQ(metrics.window_budget, limits::process_budget);
    EXPECT_EQ(metrics.window_reserved, 0u);
  });
}

TEST(Survey, TakesFiguresForSeveralAtOnce) {
  with_survey([](Bed& bed, link::Link&, io::Scope& questions) -> Task<> {
    std::size_t taken = 0;
    auto take = [&]() -> Task<> { taken += calls_of(co_await bed.survey.take(questions)); };
    auto many = [&](io::Scope& scope) -> Task<> {
      for (int i = 0; i < 10; ++i) scope.spawn(take());
      co_await scope.join();
    };
    co_await io::scoped(many);
    EXPECT_EQ(taken, 10u);
  });
}

// Waits, without letting this loop go on, until `loop` has done what it had to do.
void settle(const io::Executor& loop) {
  for (int turn = 0; turn < 20; ++turn) {
    std::promise<void> done;
    asio::post(loop, [&done] { done.set_value(); });
    done.get_future().wait();
  }
}

// An answer that is under way when the second one comes knows nothing of what happened between the two.
TEST(Survey, AnAnswerBelongsToItsQuestion) {
  with_survey([](Bed& bed, link::Link&, io::Scope& questions) -> Task<> {
    const io::Executor here = co_await asio::this_coro::executor;
    Metrics second;
    std::future<Error> served;
    auto take_first = [&]() -> Task<> { static_cast<void>(co_await bed.survey.take(questions)); };
    auto both = [&](io::Scope& scope) -> Task<> {
      auto [ours, theirs] = io::memory_transports(bed.theirs, bed.theirs);
      {
        const Stuck stuck(bed.theirs);
        scope.spawn(take_first());
        while (bed.clock.sleepers() == 0) co_await asio::post(here, asio::use_awaitable);
        for (int turn = 0; turn < 20; ++turn) co_await asio::post(here, asio::use_awaitable);
      }
      settle(bed.theirs);  // the answer is there, and waits for this loop
      served = asio::co_spawn(bed.theirs,
                              bed.service.serve(std::move(theirs), {.role = service::anybody_is(remote::Role::admin)}),
                              asio::use_future);
      settle(bed.theirs);
      second = co_await bed.survey.take(questions);
      asio::post(bed.theirs, [one = std::move(ours)] { one->close(); });
      co_await scope.join();
    };
    co_await io::scoped(both);
    EXPECT_EQ(second.count.past.connections.at("memory"), 2u);
    EXPECT_EQ(second.loops_old, 0u);
    served.wait();
  });
}

TEST(Survey, OneStuckLoopIsNotWaitedForAndNoCounterGoesBack) {
  with_survey([](Bed& bed, link::Link& client, io::Scope& questions) -> Task<> {
    EXPECT_EQ(calls_of(co_await bed.survey.take(questions)), 1u);
    {
      const Stuck stuck(bed.theirs);
      for (int i = 0; i < 2; ++i) {
        const Metrics metrics = co_await take_impatiently(bed, questions, bed.loops.at(1));
        EXPECT_EQ(metrics.loops_old, 1u);
        EXPECT_FALSE(metrics.machines_old);
        EXPECT_EQ(calls_of(metrics), 1u);
      }
    }
    co_await client.call(remote::Remote::number, remote::ConnectGetUri::proc, {});
    Metrics metrics = co_await bed.survey.take(questions);
    while (calls_of(metrics) < 2) metrics = co_await bed.survey.take(questions);  // the late answer may come first
    EXPECT_EQ(metrics.loops_old, 0u);
  });
}

TEST(Survey, AStuckHostIsNotWaitedFor) {
  with_survey([](Bed& bed, link::Link&, io::Scope& questions) -> Task<> {
    {
      const Stuck stuck(bed.loops.at(1));
      const Metrics metrics = co_await take_impatiently(bed, questions, bed.theirs);
      EXPECT_TRUE(metrics.machines_old);
      EXPECT_EQ(metrics.loops_old, 0u);
    }
    Metrics metrics = co_await bed.survey.take(questions);
    EXPECT_FALSE(metrics.machines_old);
    EXPECT_EQ(metrics.machines[static_cast<std::size_t>(driver::RunState::running)], 1u);
  });
}

}  // namespace
}  // namespace sluice::daemon
