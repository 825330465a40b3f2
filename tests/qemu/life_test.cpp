// What a machine is and can be told, with real QEMU.
#include <filesystem>

#include "hosting.h"

namespace sluice::test {
namespace {

using driver::RunState;

class Life : public HostTest {
 protected:
  driver::MachineInfo info(driver::Machine& machine) {
    return hosting.run([&] { return machine.info(); });
  }
  std::shared_ptr<driver::Machine> define(const std::string& xml) {
    return hosting.run([&] { return hosting.host().define(xml); });
  }
};

TEST_F(Life, ADefinedMachineStartsPausesResumesAndIsDestroyed) {
  const auto machine = define(tiny_guest("one"));
  EXPECT_EQ(info(*machine).state, RunState::shut_off);
  hosting.run([&] { return machine->start({}); });
  EXPECT_EQ(info(*machine).state, RunState::running);
  EXPECT_EQ(info(*machine).reason, 1);
  EXPECT_EQ(info(*machine).memory_max_kib, 64U * 1024);
  EXPECT_GT(info(*machine).cpu_time_ns, 0U);
  EXPECT_GE(hosting.run([&] { return machine->ref(); }).id, 1);
  hosting.run([&] { return machine->pause(); });
  EXPECT_EQ(info(*machine).state, RunState::paused);
  EXPECT_EQ(info(*machine).reason, 1);
  hosting.run([&] { return machine->resume(); });
  EXPECT_EQ(info(*machine).state, RunState::running);
  EXPECT_EQ(info(*machine).reason, 5);
  hosting.run([&] { return machine->reset(); });
  hosting.run([&] { return machine->destroy({}); });
  EXPECT_EQ(info(*machine).state, RunState::shut_off);
  EXPECT_EQ(info(*machine).reason, 2);
  EXPECT_EQ(hosting.run([&] { return machine->ref(); }).id, -1);
  EXPECT_EQ(hosting.told("one"), "0.0 2.0 3.0 4.0 5.1");
  EXPECT_EQ(qemus(hosting), std::vector<int>{});
}

TEST_F(Life, TheBoardIsStoredUnderItsLastingName) {
  const auto machine = define(tiny_guest("one"));
  const std::string xml = hosting.run([&] { return machine->xml({}); });
  EXPECT_NE(xml.find("machine='pc-i440fx-7.2'"), std::string::npos) << xml;
  ASSERT_EQ(hosting.store().definitions().size(), 1U);
  EXPECT_NE(hosting.store().definitions()[0].xml.find("pc-i440fx-7.2"), std::string::npos);
}

TEST_F(Life, AMachineIsFoundByUuidNameAndId) {
  const auto machine = define(tiny_guest("one"));
  hosting.run([&]() -> Task<> {
    auto& host = hosting.host();
    EXPECT_EQ(co_await host.find(std::string("one")), machine);
    EXPECT_EQ(co_await host.find(*Uuid::parse(uuid_of("one"))), machine);
    EXPECT_EQ(co_await host.find(std::string("two")), nullptr);
    EXPECT_EQ(co_await host.find(std::int32_t{-1}), nullptr) << "no machine that does not run has an id";
    co_await machine->start({.paused = true});
    const driver::MachineRef ref = co_await machine->ref();
    EXPECT_EQ(co_await host.find(ref.id), machine);
  });
  EXPECT_EQ(info(*machine).state, RunState::paused);
}

TEST_F(Life, ARunningMachineTellsWhatQemuChose) {
  const auto machine = define(tiny_guest("one",
                                         "<serial type='pty'/><graphics type='vnc' port='-1' autoport='yes' "
                                         "passwd='secret'/><video><model type='vga'/></video>"));
  hosting.run([&] { return machine->start({.paused = true}); });
  const std::string live = hosting.run([&] { return machine->xml({}); });
  EXPECT_NE(live.find("/dev/pts/"), std::string::npos) << live;
  EXPECT_NE(live.find("port='59"), std::string::npos) << live;
  EXPECT_EQ(live.find("secret"), std::string::npos) << "passwords are told only when asked for";
  const std::string inactive = hosting.run([&] { return machine->xml({.inactive = true}); });
  EXPECT_EQ(inactive.find("/dev/pts/"), std::string::npos) << inactive;
}

TEST_F(Life, ATransientMachineVanishesWithItsGuest) {
  const auto machine = hosting.run([&] { return hosting.host().create(tiny_guest("two"), {}); });
  EXPECT_FALSE(hosting.run([&] { return machine->persistent(); }));
  EXPECT_EQ(hosting.store().definitions().size(), 0U);
  EXPECT_EQ(hosting.store().running().size(), 1U);
  hosting.run([&] { return machine->destroy({}); });
  EXPECT_EQ(hosting.run([&] { return hosting.host().machines(); }).size(), 0U);
  EXPECT_EQ(hosting.store().running().size(), 0U);
  EXPECT_FALSE(std::filesystem::exists(hosting.state() + "/machines/" + uuid_of("two")));
  EXPECT_EQ(hosting.told("two"), "2.0 5.1");
}

TEST_F(Life, UndefiningARunningMachineMakesItTransient) {
  const auto machine = define(tiny_guest("one"));
  hosting.run([&] { return machine->start({}); });
  hosting.run([&] { return machine->undefine(); });
  EXPECT_FALSE(hosting.run([&] { return machine->persistent(); }));
  EXPECT_EQ(info(*machine).state, RunState::running);
  hosting.run([&] { return machine->destroy({}); });
  EXPECT_EQ(hosting.run([&] { return hosting.host().machines(); }).size(), 0U);
}

TEST_F(Life, WhatAMachineIsNotInAStateForIsRefused) {
  const auto machine = define(tiny_guest("one"));
  const std::vector<std::function<Task<>()>> verbs{
      [&] { return machine->pause(); }, [&] { return machine->resume(); }, [&] { return machine->shutdown({}); },
      [&] { return machine->reset(); }, [&] { return machine->destroy({}); }};
  for (const auto& does : verbs) {
    const Error error = error_of([&] { hosting.run(does); });
    EXPECT_EQ(error.code, Code::operation_invalid);
    EXPECT_EQ(error.message, "machine 'one' is not running");
  }
  hosting.run([&] { return machine->start({}); });
  EXPECT_EQ(error_of([&] { hosting.run([&] { return machine->start({}); }); }).message, "machine 'one' is running");
}

TEST_F(Life, NamesAndUuidsBelongToOneMachineEach) {
  define(tiny_guest("one"));
  std::string other = tiny_guest("two");
  other.replace(other.find("<name>two"), 9, "<name>one");
  EXPECT_NE(error_of([&] { define(other); }).message.find("there is a machine 'one' already"), std::string::npos);
  std::string renamed = tiny_guest("one");
  renamed.replace(renamed.find("<name>one"), 9, "<name>six");
  EXPECT_NE(error_of([&] { define(renamed); }).message.find("belongs to machine 'one'"), std::string::npos);
  EXPECT_EQ(hosting.run([&] { return hosting.host().machines(); }).size(), 1U);
}

TEST_F(Life, WhatCannotBeBuiltIsRefusedBeforeItIsStored) {
  const auto refused = [&](std::string xml, const std::string& from, const std::string& to, const std::string& why) {
    xml.replace(xml.find(from), from.size(), to);
    const Error error = error_of([&] { define(xml); });
    EXPECT_NE(error.message.find(why), std::string::npos) << error.message;
  };
  refused(tiny_guest("a"), "type='qemu'", "type='kvm'", "domain type 'kvm' is not available");
  refused(tiny_guest("a"), "machine='pc'", "machine='pc-99.9'", "machine type 'pc-99.9'");
  refused(tiny_guest("a"), "machine='pc'", "machine='microvm'", "machine type 'microvm' is not supported");
  EXPECT_EQ(hosting.store().definitions().size(), 0U);
  EXPECT_EQ(hosting.run([&] { return hosting.host().machines(); }).size(), 0U);
}

TEST_F(Life, AMissingDiskImageIsNamedAndLeavesNothing) {
  const auto machine = define(
      tiny_guest("one",
                 "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/nowhere/a.img'/>"
                 "<target dev='vda' bus='virtio'/></disk>"));
  const std::size_t before = open_descriptors();
  const Error error = error_of([&] { hosting.run([&] { return machine->start({}); }); });
  EXPECT_NE(error.message.find("cannot start machine 'one'"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("/nowhere/a.img"), std::string::npos) << error.message;
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(info(*machine).state, RunState::shut_off);
  EXPECT_EQ(info(*machine).reason, 6);
  EXPECT_EQ(hosting.told("one"), "0.0 5.5");
}

TEST_F(Life, TheHostDescribesItself) {
  const driver::HostFacts facts = hosting.run([&] { return hosting.host().facts(); });
  EXPECT_EQ(facts.type, "QEMU");
  EXPECT_GE(facts.version, 7'000'000U);
  EXPECT_NE(facts.capabilities_xml.find("<machine canonical='pc-i440fx-7.2'"), std::string::npos);
  EXPECT_EQ(facts.capabilities_xml.find("type='kvm'"), std::string::npos);
}

TEST_F(Life, QemuEndingByItselfIsACrash) {
  const auto machine = define(tiny_guest("one"));
  hosting.run([&] { return machine->start({}); });
  const std::vector<int> processes = qemus(hosting);
  ASSERT_EQ(processes.size(), 1U);
  ASSERT_EQ(::kill(processes[0], SIGKILL), 0);
  while (info(*machine).state != RunState::shut_off) std::this_thread::yield();
  EXPECT_EQ(info(*machine).reason, 3);
  EXPECT_EQ(hosting.told("one"), "0.0 2.0 5.2");
  hosting.run([&] { return machine->start({}); });
  EXPECT_EQ(info(*machine).state, RunState::running) << "and can be started again";
}

TEST_F(Life, NoDescriptorIsLeftByManyLives) {
  const auto machine = define(tiny_guest("one", "<serial type='pty'/>"));
  hosting.run([&]() -> Task<> {
    co_await machine->start({});
    co_await machine->destroy({});
  });
  const std::size_t before = open_descriptors();
  hosting.run([&]() -> Task<> {
    for (int i = 0; i < 5; ++i) {
      co_await machine->start({.paused = i % 2 == 0});
      co_await machine->destroy({});
    }
  });
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace sluice::test
