// A machine out of a source: only what is whole, and only once.
#include "hosting.h"
#include "io/failure.h"
#include "io/scope.h"

namespace sluice::test {
namespace {

using driver::RunState;

class Restore : public HostTest {
 protected:
  // The state of a machine of that name, which is gone afterwards unless it was defined.
  std::string saved(const std::string& name, bool define, driver::SaveOptions options = {}, bool paused = false) {
    return hosting.run([&]() -> Task<std::string> {
      std::shared_ptr<driver::Machine> machine;
      const std::string xml = tiny_guest(name, "<serial type='pty'/>");
      if (define) {
        machine = co_await hosting.host().define(xml);
        co_await machine->start({.paused = paused});
      } else {
        machine = co_await hosting.host().create(xml, {.paused = paused});
      }
      Kept kept;
      driver::Job job(driver::JobKind::save);
      co_await machine->save(kept, options, job);
      co_return kept.bytes;
    });
  }
  std::shared_ptr<driver::Machine> restore(Played& from, driver::RestoreOptions options = {}) {
    driver::Job job(driver::JobKind::restore);
    return hosting.run([&] { return hosting.host().restore(from, options, job); });
  }
  RunState state(driver::Machine& machine) {
    return hosting.run([&] { return machine.info(); }).state;
  }
};

TEST_F(Restore, AMachineGoesOnAsItWas) {
  Played from(saved("one", false));
  EXPECT_EQ(hosting.run([&] { return hosting.host().machines(); }).size(), 0U);
  const auto machine = restore(from);
  EXPECT_EQ(state(*machine), RunState::running);
  EXPECT_EQ(hosting.run([&] { return machine->info(); }).reason, 3);
  EXPECT_FALSE(hosting.run([&] { return machine->persistent(); }));
  EXPECT_EQ(hosting.told("one"), "2.0 3.0 5.4 2.2");
  EXPECT_EQ(hosting.store().running().size(), 1U);
  EXPECT_FALSE(from.stopped);
}

TEST_F(Restore, PausedOrRunningAsWished) {
  const std::string paused = saved("one", true, {}, true);
  {
    Played from(paused);
    const auto machine = restore(from);
    EXPECT_EQ(state(*machine), RunState::paused);
    hosting.run([&] { return machine->destroy({}); });
  }
  {
    Played from(paused);
    const auto machine = restore(from, {.resume = driver::Resume::running});
    EXPECT_EQ(state(*machine), RunState::running);
    EXPECT_TRUE(hosting.run([&] { return machine->persistent(); }));
    hosting.run([&] { return machine->destroy({}); });
  }
  Played from(saved("two", false, {.resume = driver::Resume::paused}));
  EXPECT_EQ(state(*restore(from)), RunState::paused);
}

TEST_F(Restore, CompressedStatesAreSmallerAndComeBackToo) {
  const std::string plain = saved("one", true);
  Played first(plain);
  const auto machine = restore(first);
  Kept kept;
  driver::Job job(driver::JobKind::save);
  hosting.run([&] { return machine->save(kept, {.zstd = true}, job); });
  EXPECT_LT(kept.bytes.size(), plain.size());
  Played from(kept.bytes);
  EXPECT_EQ(state(*restore(from)), RunState::running);
}

TEST_F(Restore, OneThatRunsOrIsBeingSavedIsRefused) {
  const std::string state_bytes = saved("one", true);
  Played first(state_bytes);
  const auto machine = restore(first);
  Played second(state_bytes);
  EXPECT_NE(error_of([&] { restore(second); }).message.find("machine 'one' is running"), std::string::npos);
  EXPECT_TRUE(second.stopped);
  EXPECT_EQ(state(*machine), RunState::running);

  Kept kept;
  std::string refused;
  kept.before_finish = [&]() -> Task<> {
    Played third(state_bytes);
    driver::Job job(driver::JobKind::restore);
    try {
      co_await hosting.host().restore(third, {}, job);
    } catch (const io::Failure& failure) {
      refused = failure.error.message;
    }
  };
  driver::Job job(driver::JobKind::save);
  hosting.run([&] { return machine->save(kept, {}, job); });
  EXPECT_NE(refused.find("machine 'one' is being saved"), std::string::npos) << refused;
}

TEST_F(Restore, ANameOfAnotherMachineIsRefused) {
  const std::string state_bytes = saved("one", false);
  std::string other = tiny_guest("two");
  other.replace(other.find("<name>two"), 9, "<name>one");
  hosting.run([&] { return hosting.host().define(other); });
  Played from(state_bytes);
  EXPECT_NE(error_of([&] { restore(from); }).message.find("there is a machine 'one' already"), std::string::npos);
}

TEST_F(Restore, ACutOrDamagedStateLeavesNothingRunning) {
  const std::string whole = saved("one", false);
  const std::size_t before = open_descriptors();
  const auto refused = [&](std::string bytes, const std::string& why) {
    Played from(std::move(bytes));
    const Error error = error_of([&] { restore(from); });
    EXPECT_NE(error.message.find(why), std::string::npos) << error.message;
    EXPECT_TRUE(from.stopped);
    EXPECT_EQ(qemus(hosting), std::vector<int>{});
    EXPECT_EQ(hosting.run([&] { return hosting.host().machines(); }).size(), 0U);
    EXPECT_EQ(hosting.store().running().size(), 0U);
  };
  refused("", "");
  refused(whole.substr(0, 40), "");
  refused(whole.substr(0, whole.size() / 2), "cut off");
  refused(whole.substr(0, whole.size() - 1), "cut off");
  refused(whole + "x", "");
  std::string damaged = whole;
  damaged[whole.size() / 2] = static_cast<char>(damaged[whole.size() / 2] ^ 1);
  refused(damaged, "section");
  damaged = whole;
  damaged[whole.size() - 3] = static_cast<char>(damaged[whole.size() - 3] ^ 1);
  refused(damaged, "section");
  EXPECT_EQ(open_descriptors(), before);
  Played from(whole);
  EXPECT_EQ(state(*restore(from)), RunState::running) << "the whole one is still good";
}

TEST_F(Restore, ADefinitionGivenAlongMayRenameTheMachineButNotChangeIt) {
  const std::string whole = saved("one", false);
  std::string bigger = tiny_guest("one", "<serial type='pty'/>");
  bigger.replace(bigger.find("64</memory>"), 2, "96");
  Played first(whole);
  EXPECT_NE(error_of([&] { restore(first, {.xml = bigger}); }).message.find("memory"), std::string::npos);
  std::string renamed = tiny_guest("one", "<serial type='pty'/>");
  renamed.replace(renamed.find("<name>one"), 9, "<name>uno");
  Played second(whole);
  const auto machine = restore(second, {.xml = renamed});
  EXPECT_EQ(hosting.run([&] { return machine->ref(); }).name, "uno");
}

TEST_F(Restore, ACancelledCallerLeavesNothing) {
  const std::string whole = saved("one", false);
  for (const std::size_t where : {std::size_t{0}, std::size_t{64}, std::size_t{200'000}, whole.size()}) {
    Played from(whole);
    from.piece = 50'000;
    io::Signal reached;
    bool there = false;
    from.before_read = [&](std::size_t at) -> Task<> {
      if (at < where) co_return;
      there = true;
      reached.notify();
      co_await forever();
    };
    driver::Job job(driver::JobKind::restore);
    hosting.run([&]() -> Task<> {
      co_await io::scoped([&](io::Scope& scope) -> Task<> {
        const auto restore = [&]() -> Task<> { co_await hosting.host().restore(from, {}, job); };
        scope.spawn(restore());
        co_await reached.until([&] { return there; });
      });
    });
    EXPECT_EQ(qemus(hosting), std::vector<int>{}) << where;
    EXPECT_EQ(hosting.run([&] { return hosting.host().machines(); }).size(), 0U);
  }
}

TEST_F(Restore, QemuDyingInTheMiddleIsTheReason) {
  const std::string whole = saved("one", false);
  Played from(whole);
  from.before_read = [&](std::size_t at) -> Task<> {
    if (at > whole.size() / 2) {
      for (const int each : qemus(hosting)) ::kill(each, SIGKILL);
    }
    co_return;
  };
  const Error error = error_of([&] { restore(from); });
  EXPECT_NE(error.message.find("cannot restore machine 'one'"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("killed by signal 9"), std::string::npos) << error.message;
  EXPECT_EQ(hosting.run([&] { return hosting.host().machines(); }).size(), 0U);
}

}  // namespace
}  // namespace sluice::test
