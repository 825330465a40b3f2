// What a machine is and can be told.
#include "contract.h"

namespace sluice::contract {
namespace {

using Life = Contract;

TEST_F(Life, ADefinedMachineStartsPausesResumesAndIsDestroyed) {
  const MachinePtr machine = defined("one");
  EXPECT_EQ(info(*machine).state, RunState::shut_off);
  EXPECT_EQ(info(*machine).memory_max_kib, 64U * 1024);
  EXPECT_EQ(info(*machine).vcpus, 1);
  run([&] { return machine->start({}); });
  EXPECT_EQ(info(*machine).state, RunState::running);
  EXPECT_EQ(info(*machine).reason, 1);
  EXPECT_GE(run([&] { return machine->ref(); }).id, 1);
  run([&] { return machine->pause(); });
  EXPECT_EQ(info(*machine).state, RunState::paused);
  EXPECT_EQ(info(*machine).reason, 1);
  run([&] { return machine->resume(); });
  EXPECT_EQ(info(*machine).state, RunState::running);
  EXPECT_EQ(info(*machine).reason, 5);
  run([&] { return machine->reset(); });
  EXPECT_EQ(info(*machine).state, RunState::running);
  run([&] { return machine->destroy({}); });
  EXPECT_EQ(info(*machine).state, RunState::shut_off);
  EXPECT_EQ(info(*machine).reason, 2);
  EXPECT_EQ(run([&] { return machine->ref(); }).id, -1);
  close();
  EXPECT_EQ(told("one"), "0.0 2.0 3.0 4.0 5.1");
}

TEST_F(Life, StartedPausedItWaitsForResume) {
  const MachinePtr machine = running("one", true);
  EXPECT_EQ(info(*machine).state, RunState::paused);
  run([&] { return machine->resume(); });
  EXPECT_EQ(info(*machine).state, RunState::running);
}

TEST_F(Life, PausingAPausedMachineAndResumingARunningOneIsNoMistake) {
  const MachinePtr machine = running("one", true);
  run([&] { return machine->pause(); });
  EXPECT_EQ(info(*machine).state, RunState::paused);
  run([&] { return machine->resume(); });
  run([&] { return machine->resume(); });
  EXPECT_EQ(info(*machine).state, RunState::running);
  close();
  EXPECT_EQ(told("one"), "0.0 2.0 3.0 4.0 5.1");
}

TEST_F(Life, AMachineIsFoundByUuidNameAndId) {
  const MachinePtr machine = defined("one");
  run([&]() -> Task<> {
    EXPECT_EQ(machine->uuid(), uuid_of("one"));
    EXPECT_EQ(co_await host().find(std::string("one")), machine);
    EXPECT_EQ(co_await host().find(uuid_of("one")), machine);
    EXPECT_EQ(co_await host().find(std::string("two")), nullptr);
    EXPECT_EQ(co_await host().find(std::int32_t{-1}), nullptr) << "no machine that does not run has an id";
    co_await machine->start({});
    const MachineRef ref = co_await machine->ref();
    EXPECT_EQ(ref.name, "one");
    EXPECT_EQ(ref.uuid, uuid_of("one"));
    EXPECT_EQ(co_await host().find(ref.id), machine);
  });
}

TEST_F(Life, LookingUpWhatIsNotThereSaysWhatWasLookedFor) {
  const Error by_name = error_of([&] { return driver::lookup(host(), std::string("two")); });
  EXPECT_EQ(by_name.code, Code::no_domain);
  EXPECT_TRUE(says(by_name, {"'two'"}));
  EXPECT_TRUE(says(error_of([&] { return driver::lookup(host(), uuid_of("two")); }), {uuid_of("two").text()}));
  EXPECT_TRUE(says(error_of([&] { return driver::lookup(host(), std::int32_t{77}); }), {"77"}));
}

TEST_F(Life, EveryRunHasAnIdOfItsOwn) {
  const MachinePtr machine = running("one");
  const std::int32_t first = run([&] { return machine->ref(); }).id;
  run([&] { return machine->destroy({}); });
  run([&] { return machine->start({}); });
  EXPECT_NE(run([&] { return machine->ref(); }).id, first);
}

TEST_F(Life, ATransientMachineVanishesWithItsGuest) {
  const MachinePtr machine = transient("one");
  EXPECT_FALSE(run([&] { return machine->persistent(); }));
  EXPECT_EQ(machine_count(), 1U);
  run([&] { return machine->destroy({}); });
  EXPECT_EQ(machine_count(), 0U);
  close();
  EXPECT_EQ(told("one"), "2.0 5.1");
}

TEST_F(Life, UndefiningARunningMachineMakesItTransient) {
  const MachinePtr machine = running("one");
  EXPECT_TRUE(run([&] { return machine->persistent(); }));
  run([&] { return machine->undefine(); });
  EXPECT_FALSE(run([&] { return machine->persistent(); }));
  EXPECT_EQ(state(*machine), RunState::running);
  EXPECT_TRUE(says(error_of([&] { return machine->undefine(); }), {"cannot undefine machine 'one'"}));
  run([&] { return machine->destroy({}); });
  EXPECT_EQ(machine_count(), 0U);
}

TEST_F(Life, AnUndefinedMachineIsGone) {
  const MachinePtr machine = defined("one");
  run([&] { return machine->undefine(); });
  EXPECT_EQ(machine_count(), 0U);
  EXPECT_EQ(error_of([&] { return machine->start({}); }).code, Code::no_domain);
  close();
  EXPECT_EQ(told("one"), "0.0 1.0");
}

TEST_F(Life, WhatAMachineIsNotInAStateForIsRefusedByName) {
  const MachinePtr machine = defined("one");
  const std::vector<std::pair<std::string, std::function<Task<>()>>> verbs{
      {"pause", [&] { return machine->pause(); }},
      {"resume", [&] { return machine->resume(); }},
      {"shut down", [&] { return machine->shutdown({}); }},
      {"reset", [&] { return machine->reset(); }},
      {"destroy", [&] { return machine->destroy({}); }}};
  for (const auto& [verb, act] : verbs) {
    const Error error = error_of(act);
    EXPECT_EQ(error.code, Code::operation_invalid) << verb;
    EXPECT_TRUE(says(error, {"machine 'one' is not running"})) << verb;
  }
  run([&] { return machine->start({}); });
  const Error again = error_of([&] { return machine->start({}); });
  EXPECT_EQ(again.code, Code::operation_invalid);
  EXPECT_TRUE(says(again, {"machine 'one' is running"}));
  EXPECT_EQ(state(*machine), RunState::running);
}

TEST_F(Life, NamesAndUuidsBelongToOneMachineEach) {
  defined("one");
  std::string other_uuid = definition("two");
  other_uuid.replace(other_uuid.find(">two<"), 5, ">one<");
  const Error taken = error_of([&] { return host().define(other_uuid); });
  EXPECT_EQ(taken.code, Code::operation_failed);
  EXPECT_TRUE(says(taken, {"there is a machine 'one' already", uuid_of("one").text()}));
  std::string other_name = definition("one");
  other_name.replace(other_name.find(">one<"), 5, ">two<");
  EXPECT_TRUE(says(error_of([&] { return host().define(other_name); }), {"belongs to machine 'one'"}));
  EXPECT_EQ(machine_count(), 1U);
}

TEST_F(Life, DefiningAgainChangesTheDefinition) {
  const MachinePtr machine = defined("one");
  std::string changed = definition("one");
  changed.replace(changed.find("<memory unit='MiB'>64<"), 22, "<memory unit='MiB'>96<");
  EXPECT_EQ(run([&] { return host().define(changed); }), machine);
  EXPECT_EQ(info(*machine).memory_max_kib, 96U * 1024);
  close();
  EXPECT_EQ(told("one"), "0.0 0.1");
}

TEST_F(Life, ABadDefinitionIsRefusedAndLeavesNoMachine) {
  for (const std::string& bad : {std::string("<domain"), std::string(""), std::string("<domain type='test'/>"),
                                 std::string("<network><name>one</name></network>")}) {
    EXPECT_NE(error_of([&] { return host().define(bad); }).message, "") << bad;
    EXPECT_NE(error_of([&] { return host().create(bad, {}); }).message, "") << bad;
  }
  EXPECT_EQ(machine_count(), 0U);
}

TEST_F(Life, ADefinitionIsPrintedWithWhatItLeftOut) {
  std::string xml = definition("one");
  const std::string uuid = "<uuid>" + uuid_of("one").text() + "</uuid>";
  xml.erase(xml.find(uuid), uuid.size());
  const MachinePtr machine = run([&] { return host().define(xml); });
  EXPECT_FALSE(machine->uuid().is_nil());
  const std::string printed = run([&] { return machine->xml({}); });
  EXPECT_NE(printed.find(machine->uuid().text()), std::string::npos) << printed;
  EXPECT_NE(printed.find("<name>one</name>"), std::string::npos) << printed;
}

TEST_F(Life, OnlyARunningMachinesDefinitionHasAnId) {
  const MachinePtr machine = running("one");
  EXPECT_NE(run([&] { return machine->xml({}); }).find(" id="), std::string::npos);
  EXPECT_EQ(run([&] { return machine->xml({.inactive = true}); }).find(" id="), std::string::npos);
}

TEST_F(Life, OnlyADefinedMachineStartsWithTheHost) {
  const MachinePtr machine = defined("one");
  EXPECT_FALSE(run([&] { return machine->autostart(); }));
  run([&] { return machine->set_autostart(true); });
  EXPECT_TRUE(run([&] { return machine->autostart(); }));
  run([&] { return machine->set_autostart(false); });
  EXPECT_FALSE(run([&] { return machine->autostart(); }));
  const MachinePtr passing = transient("two");
  EXPECT_TRUE(says(error_of([&] { return passing->set_autostart(true); }), {"machine 'two' is transient"}));
}

TEST_F(Life, AMachineWithoutAJobHasNothingToAbort) {
  const MachinePtr machine = running("one");
  EXPECT_FALSE(run([&] { return machine->job(); }).has_value());
  const Error error = error_of([&] { return machine->abort_job(); });
  EXPECT_EQ(error.code, Code::operation_invalid);
  EXPECT_TRUE(says(error, {"machine 'one' has no job"}));
}

TEST_F(Life, WhoStoppedWatchingIsToldNothing) {
  std::atomic<int> count = 0;
  auto watching = host().watch([&count](const driver::LifecycleEvent&) { ++count; });
  const MachinePtr machine = defined("one");
  const int heard = count;
  EXPECT_EQ(heard, 1);
  watching.reset();
  run([&] { return machine->start({}); });
  EXPECT_EQ(count, heard);
}

TEST_F(Life, AMachineHeldLongerThanItsHostSaysThatItIsClosed) {
  const MachinePtr machine = defined("one");
  close();
  EXPECT_TRUE(says(error_of([&] { return machine->start({}); }), {"the host of machine 'one' is closed"}));
}

TEST_F(Life, AHostSaysWhatItIs) {
  const driver::HostFacts facts = run([&] { return host().facts(); });
  EXPECT_NE(facts.type, "");
  EXPECT_GT(facts.version, 0U);
  EXPECT_NE(facts.capabilities_xml.find("<capabilities>"), std::string::npos) << facts.capabilities_xml;
}

}  // namespace
}  // namespace sluice::contract
