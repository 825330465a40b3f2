// A machine's state into a sink: what the reader gets, and what becomes of the guest when it does not get it.
#include "hosting.h"
#include "io/failure.h"
#include "io/scope.h"

namespace sluice::test {
namespace {

using driver::RunState;

class Save : public HostTest {
 protected:
  std::shared_ptr<driver::Machine> start(const std::string& name, bool paused = false) {
    return hosting.run([&]() -> Task<std::shared_ptr<driver::Machine>> {
      auto machine = co_await hosting.host().define(tiny_guest(name));
      co_await machine->start({.paused = paused});
      co_return machine;
    });
  }
  void save(driver::Machine& machine, Kept& to, driver::SaveOptions options = {}) {
    driver::Job job(driver::JobKind::save);
    hosting.run([&] { return machine.save(to, options, job); });
  }
  RunState state(driver::Machine& machine) {
    return hosting.run([&] { return machine.info(); }).state;
  }
  std::int32_t reason(driver::Machine& machine) {
    return hosting.run([&] { return machine.info(); }).reason;
  }
};

TEST_F(Save, AfterItTheGuestIsGoneAndTheReaderHasItsState) {
  const auto machine = start("one");
  Kept kept;
  save(*machine, kept);
  EXPECT_TRUE(kept.finished);
  EXPECT_FALSE(kept.aborted);
  EXPECT_GT(kept.bytes.size(), 100'000U);
  EXPECT_EQ(state(*machine), RunState::shut_off);
  EXPECT_EQ(reason(*machine), 5);
  EXPECT_EQ(hosting.told("one"), "0.0 2.0 3.0 5.4");
  EXPECT_EQ(qemus(hosting), std::vector<int>{});
  EXPECT_EQ(hosting.store().running().size(), 0U);
}

TEST_F(Save, WhenTheReaderFailsAtAnyByteTheGuestGoesOn) {
  const auto machine = start("one");
  for (const std::size_t at : {std::size_t{0}, std::size_t{10}, std::size_t{70}, std::size_t{5'000}}) {
    Kept kept;
    kept.fails_at = at;
    const Error error = error_of([&] { save(*machine, kept); });
    EXPECT_NE(error.message.find("cannot save machine 'one'"), std::string::npos) << error.message;
    EXPECT_NE(error.message.find("disk full"), std::string::npos) << error.message;
    EXPECT_TRUE(kept.aborted);
    EXPECT_EQ(state(*machine), RunState::running) << at;
    EXPECT_EQ(reason(*machine), 7);
    ASSERT_EQ(hosting.store().running().size(), 1U);
    EXPECT_EQ(hosting.store().running()[0].job, "");
  }
  Kept kept;
  kept.fails_to_finish = true;
  EXPECT_NE(error_of([&] { save(*machine, kept); }).message.find("disk full at the end"), std::string::npos);
  EXPECT_EQ(state(*machine), RunState::running) << "what was not confirmed is not saved";
  Kept whole;
  save(*machine, whole);
  EXPECT_EQ(state(*machine), RunState::shut_off);
}

TEST_F(Save, APausedGuestStaysPausedWhenTheSaveFails) {
  const auto machine = start("one", true);
  Kept kept;
  kept.fails_at = 5'000;
  error_of([&] { save(*machine, kept); });
  EXPECT_EQ(state(*machine), RunState::paused);
  EXPECT_EQ(reason(*machine), 1);
  hosting.run([&] { return machine->resume(); });
  EXPECT_EQ(state(*machine), RunState::running);
}

TEST_F(Save, WhileItLastsTheMachineIsOccupiedAndSaysWithWhat) {
  const auto machine = start("one");
  Kept kept;
  std::vector<std::string> refusals;
  std::optional<driver::ActiveJob> seen;
  RunState during{};
  kept.before_finish = [&]() -> Task<> {
    const std::vector<std::function<Task<>()>> attempts{
        [&] { return machine->pause(); }, [&] { return machine->resume(); }, [&] { return machine->reset(); }};
    for (const auto& attempt : attempts) {
      try {
        co_await attempt();
      } catch (const io::Failure& failure) {
        refusals.push_back(failure.error.message);
      }
    }
    Kept second;
    driver::Job job(driver::JobKind::save);
    try {
      co_await machine->save(second, {}, job);
    } catch (const io::Failure& failure) {
      refusals.push_back(failure.error.message);
    }
    EXPECT_FALSE(second.aborted) << "the second reader was never spoken to";
    seen = co_await machine->job();
    const driver::MachineInfo info = co_await machine->info();
    during = info.state;
  };
  save(*machine, kept);
  ASSERT_EQ(refusals.size(), 4U);
  for (const std::string& each : refusals)
    EXPECT_NE(each.find("machine 'one' is being saved"), std::string::npos) << each;
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->kind, driver::JobKind::save);
  EXPECT_GT(seen->progress.processed, 0U);
  EXPECT_EQ(during, RunState::paused);
  EXPECT_FALSE(hosting.run([&] { return machine->job(); }));
}

TEST_F(Save, AnybodyMayAbortIt) {
  const auto machine = start("one");
  Kept kept;
  kept.before_finish = [&]() -> Task<> {
    co_await machine->abort_job();
    co_await forever();  // until it is cancelled
  };
  const Error error = error_of([&] { save(*machine, kept); });
  EXPECT_EQ(error.code, Code::operation_aborted);
  EXPECT_TRUE(kept.aborted);
  EXPECT_EQ(state(*machine), RunState::running);
  EXPECT_EQ(error_of([&] { hosting.run([&] { return machine->abort_job(); }); }).code, Code::operation_invalid);
}

TEST_F(Save, ACallerCancelledAtAnyWriteLeavesTheGuestRunning) {
  const auto machine = start("one");
  int cancelled = 0;
  for (bool over = false; !over; ++cancelled) {
    Kept kept;
    int writes = 0;
    io::Signal reached;
    bool there = false;
    kept.before_write = [&]() -> Task<> {
      if (writes++ != cancelled) co_return;
      there = true;
      reached.notify();
      co_await forever();
    };
    driver::Job job(driver::JobKind::save);
    hosting.run([&]() -> Task<> {
      const auto save = [&]() -> Task<> {
        co_await machine->save(kept, {}, job);
        over = true;
        reached.notify();
      };
      co_await io::scoped([&](io::Scope& scope) -> Task<> {
        scope.spawn(save());
        co_await reached.until([&] { return there || over; });
      });
    });
    EXPECT_EQ(state(*machine), over ? RunState::shut_off : RunState::running) << cancelled;
    EXPECT_EQ(kept.finished, over);
    EXPECT_EQ(kept.aborted.has_value(), !over);
  }
  EXPECT_GE(cancelled, 4) << "header, definition, state and end are written";
}

TEST_F(Save, DestroyingTheMachineEndsItsSave) {
  const auto machine = start("one");
  Kept kept;
  kept.before_finish = [&]() -> Task<> {
    co_await machine->destroy({});
    co_await forever();
  };
  const Error error = error_of([&] { save(*machine, kept); });
  EXPECT_NE(error.message.find("cannot save machine 'one'"), std::string::npos) << error.message;
  EXPECT_EQ(state(*machine), RunState::shut_off);
  EXPECT_EQ(reason(*machine), 2);
}

TEST_F(Save, QemuDyingInTheMiddleEndsTheSaveWithItsReason) {
  const auto machine = start("one");
  Kept kept;
  kept.before_finish = [&]() -> Task<> {
    ::kill(qemus(hosting).at(0), SIGKILL);
    co_await forever();
  };
  const Error error = error_of([&] { save(*machine, kept); });
  EXPECT_NE(error.message.find("killed by signal 9"), std::string::npos) << error.message;
  EXPECT_EQ(state(*machine), RunState::shut_off);
  EXPECT_EQ(reason(*machine), 3);
}

TEST_F(Save, AStoppedMachineHasNoState) {
  const auto machine = hosting.run([&] { return hosting.host().define(tiny_guest("one")); });
  Kept kept;
  EXPECT_EQ(error_of([&] { save(*machine, kept); }).message, "machine 'one' is not running");
  EXPECT_FALSE(kept.aborted);
}

}  // namespace
}  // namespace sluice::test
