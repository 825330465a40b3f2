// A machine out of a source: only what is whole, and only once.
#include "contract.h"

namespace sluice::contract {
namespace {

class Restore : public Contract {
 protected:
  // The state of a machine of that name, which is gone afterwards.
  std::string state_of(const std::string& name, bool paused = false) { return saved(*transient(name, paused)); }
  Error refusal(KeptSource& from, driver::RestoreOptions options = {}) {
    Job job(JobKind::restore);
    return error_of([&] { return host().restore(from, options, job); });
  }
  Error refusal(const std::string& bytes, driver::RestoreOptions options = {}) {
    KeptSource from(bytes);
    const Error error = refusal(from, std::move(options));
    EXPECT_TRUE(from.stopped);
    return error;
  }
  static Task<> never() {
    io::Signal signal;
    co_await signal.until([] { return false; });
  }
};

TEST_F(Restore, AMachineGoesOnAsItWas) {
  const std::string bytes = state_of("one");
  EXPECT_EQ(machine_count(), 0U);
  KeptSource from(bytes);
  Job job(JobKind::restore);
  const MachinePtr machine = run([&] { return host().restore(from, {}, job); });
  EXPECT_FALSE(from.stopped);
  EXPECT_EQ(info(*machine).state, RunState::running);
  EXPECT_EQ(info(*machine).reason, 3);
  EXPECT_FALSE(run([&] { return machine->persistent(); }));
  EXPECT_FALSE(run([&] { return machine->job(); }).has_value());
  EXPECT_GT(job.progress().processed, 10'000U);
  EXPECT_EQ(machine->uuid(), uuid_of("one"));
  close();
  EXPECT_TRUE(told("one").ends_with(" 5.4 2.2 5.1")) << told("one");
}

TEST_F(Restore, PausedOrRunningAsItWasOrAsWished) {
  const std::string paused = state_of("one", true);
  const MachinePtr machine = restored(paused);
  EXPECT_EQ(state(*machine), RunState::paused);
  run([&] { return machine->destroy({}); });
  const MachinePtr second = restored(paused, {.resume = Resume::running});
  EXPECT_EQ(state(*second), RunState::running);
  const std::string was_running = saved(*second);
  EXPECT_EQ(state(*restored(was_running, {.resume = Resume::paused})), RunState::paused);
}

TEST_F(Restore, ADefinedMachineStaysDefined) {
  const MachinePtr machine = running("one");
  const std::string bytes = saved(*machine);
  EXPECT_EQ(restored(bytes), machine);
  EXPECT_TRUE(run([&] { return machine->persistent(); }));
  EXPECT_EQ(state(*machine), RunState::running);
}

TEST_F(Restore, ItCanBeSavedAndRestoredAgainAndAgain) {
  std::string bytes = state_of("one");
  for (int i = 0; i < 3; ++i) bytes = saved(*restored(bytes));
  EXPECT_EQ(machine_count(), 0U);
}

TEST_F(Restore, OneThatRunsIsRefusedAndGoesOn) {
  const MachinePtr machine = running("one");
  const std::string bytes = saved(*machine);
  run([&] { return machine->start({}); });
  const Error error = refusal(bytes);
  EXPECT_EQ(error.code, Code::operation_invalid);
  EXPECT_TRUE(says(error, {"machine 'one' is running"}));
  EXPECT_EQ(state(*machine), RunState::running);
}

TEST_F(Restore, OneThatIsBeingSavedIsRefusedAtOnce) {
  const std::string bytes = state_of("one");
  const MachinePtr machine = restored(bytes);
  KeptSink kept;
  kept.before_finish = [&]() -> Task<> {
    KeptSource from(bytes);
    Job job(JobKind::restore);
    const Error error = co_await failure([&] { return host().restore(from, {}, job); });
    EXPECT_EQ(error.code, Code::operation_invalid);
    EXPECT_TRUE(says(error, {"machine 'one' is being saved"}));
    EXPECT_LT(from.at, bytes.size()) << "refused before it was read to its end";
  };
  Job job(JobKind::save);
  run([&] { return machine->save(kept, {}, job); });
}

TEST_F(Restore, ANameOfAnotherMachineIsRefused) {
  const std::string bytes = state_of("one");
  std::string other = definition("two");
  other.replace(other.find(">two<"), 5, ">one<");
  run([&] { return host().define(other); });
  EXPECT_TRUE(says(refusal(bytes), {"there is a machine 'one' already"}));
  EXPECT_EQ(machine_count(), 1U);
}

TEST_F(Restore, CutAnywhereItIsRefusedAndLeavesNothing) {
  const std::string whole = state_of("one");
  std::vector<std::size_t> sizes{0, 40, 100, whole.size() / 2, whole.size() - 1};
  for (int i = 0; i < thoroughness(); ++i) sizes.push_back(whole.size() * static_cast<std::size_t>(i) / 41);
  for (const std::size_t size : sizes) {
    const Error error = refusal(whole.substr(0, size));
    EXPECT_NE(error.message, "") << size;
    EXPECT_EQ(machine_count(), 0U) << size;
  }
  EXPECT_TRUE(says(refusal(whole.substr(0, whole.size() / 2)), {"machine 'one'", "cut off"}));
  EXPECT_EQ(state(*restored(whole)), RunState::running) << "the whole one is still good";
}

TEST_F(Restore, DamagedAnywhereItIsRefusedAndLeavesNothing) {
  const std::string whole = state_of("one");
  std::vector<std::size_t> places{0, 20, 70, whole.size() / 2, whole.size() - 3};
  for (int i = 0; i < thoroughness(); ++i) places.push_back(whole.size() * static_cast<std::size_t>(i) / 43);
  for (const std::size_t place : places) {
    std::string damaged = whole;
    damaged[place] = static_cast<char>(damaged[place] ^ 4);
    EXPECT_NE(refusal(damaged).message, "") << place;
    EXPECT_EQ(machine_count(), 0U) << place;
  }
  std::string damaged = whole;
  damaged[whole.size() / 2] = static_cast<char>(damaged[whole.size() / 2] ^ 4);
  EXPECT_TRUE(says(refusal(damaged), {"section", "at byte", "checksum differs"}));
}

TEST_F(Restore, WhatFollowsTheEndIsRefused) {
  EXPECT_NE(refusal(state_of("one") + "x").message, "");
  EXPECT_EQ(machine_count(), 0U);
}

TEST_F(Restore, SomethingElseIsRefused) {
  EXPECT_NE(refusal(std::string(100'000, 'x')).message, "");
  EXPECT_NE(refusal("#!/bin/sh\n").message, "");
  EXPECT_EQ(machine_count(), 0U);
}

TEST_F(Restore, WhenTheSourceFailsNothingIsLeft) {
  const MachinePtr machine = running("one");
  const std::string whole = saved(*machine);
  for (int i = 0; i < thoroughness(); ++i) {
    KeptSource from(whole);
    from.fails_at = whole.size() * static_cast<std::size_t>(i) / static_cast<std::size_t>(thoroughness());
    EXPECT_TRUE(says(refusal(from), {"peer went away"})) << from.fails_at;
    ASSERT_EQ(state(*machine), RunState::shut_off) << from.fails_at;
    EXPECT_FALSE(run([&] { return machine->job(); }).has_value());
  }
  EXPECT_EQ(restored(whole), machine);
}

TEST_F(Restore, WhileItLastsTheMachineIsOccupiedAndSaysWithWhat) {
  const MachinePtr machine = running("one");
  const std::string whole = saved(*machine);
  KeptSource from(whole);
  bool asked = false;
  from.before_read = [&](std::size_t at) -> Task<> {
    if (asked || at < whole.size() / 2) co_return;
    asked = true;
    const std::vector<std::function<Task<>()>> attempts{[&] { return machine->pause(); },
                                                        [&] { return machine->start({}); }};
    for (const auto& attempt : attempts) {
      const Error error = co_await failure(attempt);
      EXPECT_EQ(error.code, Code::operation_invalid);
      EXPECT_TRUE(says(error, {"machine 'one' is being restored"}));
    }
    const auto active = co_await machine->job();
    EXPECT_TRUE(active && active->kind == JobKind::restore);
    KeptSource second(whole);
    Job job(JobKind::restore);
    const Error error = co_await failure([&] { return host().restore(second, {}, job); });
    EXPECT_TRUE(says(error, {"machine 'one' is being restored"}));
  };
  Job job(JobKind::restore);
  run([&] { return host().restore(from, {}, job); });
  EXPECT_TRUE(asked);
  EXPECT_EQ(state(*machine), RunState::running);
}

TEST_F(Restore, AnybodyMayAbortItAlsoWhileTheSourceGivesNothing) {
  const MachinePtr machine = running("one");
  const std::string whole = saved(*machine);
  KeptSource from(whole);
  from.before_read = [&](std::size_t at) -> Task<> {
    if (at < whole.size() / 2) co_return;
    co_await machine->abort_job();
    co_await never();
  };
  const Error error = refusal(from);
  EXPECT_EQ(error.code, Code::operation_aborted);
  EXPECT_TRUE(says(error, {"cannot restore machine 'one'", "aborted"}));
  EXPECT_EQ(state(*machine), RunState::shut_off);
}

TEST_F(Restore, AMachineDestroyedMeanwhileIsGone) {
  const MachinePtr machine = running("one");
  const std::string whole = saved(*machine);
  KeptSource from(whole);
  from.before_read = [&](std::size_t at) -> Task<> {
    if (at < whole.size() / 2) co_return;
    co_await machine->destroy({});
    co_await never();
  };
  EXPECT_TRUE(says(refusal(from), {"cannot restore machine 'one'"}));
  EXPECT_EQ(state(*machine), RunState::shut_off);
}

TEST_F(Restore, ADefinitionGivenAlongMayRenameTheMachineButNotChangeIt) {
  const std::string whole = state_of("one");
  std::string bigger = definition("one");
  bigger.replace(bigger.find("'MiB'>64<"), 9, "'MiB'>96<");
  EXPECT_TRUE(says(refusal(whole, {.xml = bigger}), {"memory"}));
  EXPECT_NE(refusal(whole, {.xml = "<domain"}).message, "");
  std::string renamed = definition("one");
  renamed.replace(renamed.find(">one<"), 5, ">six<");
  const MachinePtr machine = restored(whole, {.xml = renamed});
  EXPECT_EQ(run([&] { return machine->ref(); }).name, "six");
  EXPECT_EQ(state(*machine), RunState::running);
}

}  // namespace
}  // namespace sluice::contract
