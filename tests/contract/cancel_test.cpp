// Whoever asked may lose interest at any moment: the machine is then what it was before.
#include <boost/asio/post.hpp>

#include "contract.h"

namespace sluice::contract {
namespace {

// Waits at one chosen moment for the cancellation that comes there, or goes on into it.
class Moment {
 public:
  explicit Moment(int number) : wanted_(number / 2), waits_(number % 2 == 0) {}
  Task<> pass() {
    if (passed_++ != wanted_) co_return;
    reached_ = true;
    if (cancel) cancel();
    if (!waits_) co_return;
    io::Signal signal;
    co_await signal.until([] { return false; });
  }
  bool reached() const { return reached_; }
  std::function<void()> cancel;

 private:
  int wanted_, passed_ = 0;
  bool waits_, reached_ = false;
};

class Cancel : public Contract {
 protected:
  // Runs a task that is cancelled when `moment` comes; whether it ended well nevertheless.
  template <class Make>
  bool cancelled_at(Moment& moment, Make make) {
    return run([&]() -> Task<bool> {
      bool ended_well = false;
      auto task = [&]() -> Task<> {
        try {
          co_await make();
          ended_well = true;
        } catch (...) {
          // What it says of the reason is not promised: cancelled, or what the cancellation broke.
        }
      };
      auto body = [&](Scope& scope) -> Task<> {
        moment.cancel = [&scope] { scope.cancel(); };
        scope.spawn(task());
        co_await scope.join();
      };
      co_await io::scoped(body);
      moment.cancel = {};
      co_return ended_well;
    });
  }
};

TEST_F(Cancel, ASaveGivenUpAtAnyMomentLetsTheGuestGoOn) {
  const MachinePtr machine = running("one");
  for (int number = 0;; number += std::max(1, 40 / thoroughness())) {
    Moment moment(number);
    KeptSink kept;
    kept.before_write = [&] { return moment.pass(); };
    kept.before_finish = [&] { return moment.pass(); };
    Job job(JobKind::save);
    const bool saved = cancelled_at(moment, [&] { return machine->save(kept, {}, job); });
    EXPECT_FALSE(run([&] { return machine->job(); }).has_value());
    if (!moment.reached()) {
      EXPECT_TRUE(saved);
      EXPECT_EQ(state(*machine), RunState::shut_off);
      EXPECT_GT(number, 6);
      return;
    }
    // Never neither: the guest is given up only if its reader has everything.
    ASSERT_EQ(state(*machine), kept.finished ? RunState::shut_off : RunState::running) << number;
    EXPECT_EQ(kept.aborted.has_value(), !kept.finished) << number;
    if (kept.finished) run([&] { return machine->start({}); });
  }
}

TEST_F(Cancel, ARestoreGivenUpAtAnyMomentLeavesNothing) {
  const std::string whole = saved(*transient("one"));
  for (int number = 0;; number += std::max(1, 40 / thoroughness())) {
    Moment moment(number);
    KeptSource from(whole, whole.size() / 9 + 1);
    from.before_read = [&](std::size_t) { return moment.pass(); };
    Job job(JobKind::restore);
    auto restore = [&]() -> Task<> { co_await host().restore(from, {}, job); };
    const bool restored = cancelled_at(moment, restore);
    if (!moment.reached()) {
      EXPECT_TRUE(restored);
      EXPECT_EQ(machine_count(), 1U);
      return;
    }
    EXPECT_FALSE(restored);
    ASSERT_EQ(machine_count(), 0U) << number;
  }
}

// Moments between those that a sink or source can name: after so many turns of the loop.
TEST_F(Cancel, AfterAnyNumberOfTurnsTheMachineIsOneOrTheOther) {
  const MachinePtr machine = running("one");
  for (int turns = 0; turns < thoroughness() * 5; ++turns) {
    KeptSink kept;
    Job job(JobKind::save);
    run([&]() -> Task<> {
      auto body = [&](Scope& scope) -> Task<> {
        scope.spawn(machine->save(kept, {}, job));
        for (int i = 0; i < turns; ++i) co_await asio::post(asio::use_awaitable);
        co_await scope.close();
      };
      co_await io::scoped(body);
    });
    const RunState now = state(*machine);
    ASSERT_EQ(now, kept.finished ? RunState::shut_off : RunState::running) << turns;
    EXPECT_FALSE(run([&] { return machine->job(); }).has_value());
    if (now == RunState::shut_off) run([&] { return machine->start({}); });
  }
}

TEST_F(Cancel, AStartGivenUpLeavesTheMachineOnOrOff) {
  const MachinePtr machine = defined("one");
  for (int turns = 0; turns < thoroughness(); ++turns) {
    run([&]() -> Task<> {
      auto body = [&](Scope& scope) -> Task<> {
        scope.spawn(machine->start({}));
        for (int i = 0; i < turns; ++i) co_await asio::post(asio::use_awaitable);
        co_await scope.close();
      };
      co_await io::scoped(body);
    });
    const RunState now = state(*machine);
    ASSERT_TRUE(now == RunState::running || now == RunState::shut_off) << turns;
    if (now == RunState::running) run([&] { return machine->destroy({}); });
  }
}

}  // namespace
}  // namespace sluice::contract
