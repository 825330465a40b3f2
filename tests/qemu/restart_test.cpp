// A daemon ends and another one begins while the guests run.
#include "hosting.h"
#include "io/failure.h"

namespace sluice::test {
namespace {

using driver::RunState;

class Restart : public HostTest {
 protected:
  std::shared_ptr<driver::Machine> find(const std::string& name) {
    return hosting.run([&] { return hosting.host().find(name); });
  }
  driver::MachineInfo info(const std::string& name) {
    const auto machine = find(name);
    return hosting.run([&] { return machine->info(); });
  }
};

TEST_F(Restart, RunningAndPausedMachinesAreFoundAgain) {
  hosting.run([&]() -> Task<> {
    auto machine = co_await hosting.host().define(tiny_guest("one", "<serial type='pty'/>"));
    co_await machine->start({});
    co_await hosting.host().create(tiny_guest("two"), {.paused = true});
  });
  const std::vector<int> before = qemus(hosting);
  hosting.close();
  EXPECT_EQ(qemus(hosting), before) << "guests outlive the daemon";
  hosting.open();
  EXPECT_EQ(qemus(hosting), before);
  EXPECT_EQ(info("one").state, RunState::running);
  EXPECT_EQ(info("two").state, RunState::paused);
  const auto one = find("one");
  EXPECT_NE(hosting.run([&] { return one->xml({}); }).find("/dev/pts/"), std::string::npos);
  hosting.run([&]() -> Task<> {
    co_await one->pause();
    co_await one->resume();
    Kept kept;
    driver::Job job(driver::JobKind::save);
    co_await one->save(kept, {}, job);
    Played from(kept.bytes);
    driver::Job back(driver::JobKind::restore);
    co_await hosting.host().restore(from, {}, back);
  });
  EXPECT_EQ(info("one").state, RunState::running);
}

TEST_F(Restart, AMachineThatEndedMeanwhileIsOff) {
  hosting.run([&]() -> Task<> {
    auto machine = co_await hosting.host().define(tiny_guest("one"));
    co_await machine->start({});
    co_await hosting.host().create(tiny_guest("two"), {});
  });
  hosting.close();
  for (const int each : qemus(hosting)) ::kill(each, SIGKILL);
  while (!qemus(hosting).empty()) std::this_thread::yield();
  hosting.open();
  EXPECT_EQ(info("one").state, RunState::shut_off);
  EXPECT_EQ(find("two"), nullptr) << "nothing is left of a transient one";
  EXPECT_EQ(hosting.store().running().size(), 0U);
}

TEST_F(Restart, AnInterruptedSaveIsTakenBack) {
  hosting.run([&]() -> Task<> {
    auto machine = co_await hosting.host().define(tiny_guest("one"));
    co_await machine->start({});
    co_await machine->pause();
  });
  hosting.close();
  // As a daemon leaves it that was killed in the middle of a save.
  driver::RunningNote note = hosting.store().running().at(0);
  note.job = "save";
  note.was_running = true;
  hosting.store().put(note);
  hosting.open();
  EXPECT_EQ(info("one").state, RunState::running);
  EXPECT_EQ(info("one").reason, 7);
  EXPECT_EQ(hosting.store().running().at(0).job, "");
}

TEST_F(Restart, AHalfStartedMachineIsEnded) {
  hosting.run([&]() -> Task<> {
    auto machine = co_await hosting.host().define(tiny_guest("one"));
    co_await machine->start({.paused = true});
  });
  hosting.close();
  driver::RunningNote note = hosting.store().running().at(0);
  note.job = "start";
  hosting.store().put(note);
  hosting.open();
  EXPECT_EQ(info("one").state, RunState::shut_off);
  EXPECT_EQ(qemus(hosting), std::vector<int>{});
}

TEST_F(Restart, AQemuNobodyKnowsIsEnded) {
  hosting.run([&]() -> Task<> { co_await hosting.host().create(tiny_guest("one"), {}); });
  hosting.close();
  hosting.store().remove_running(*Uuid::parse(uuid_of("one")));
  hosting.open();
  while (!qemus(hosting).empty()) std::this_thread::yield();
  EXPECT_NE(hosting.log().find("no machine owned"), std::string::npos);
}

TEST_F(Restart, DefinitionsAndAutostartMarksAreKept) {
  hosting.run([&]() -> Task<> {
    auto machine = co_await hosting.host().define(tiny_guest("one"));
    co_await machine->set_autostart(true);
    co_await hosting.host().define(tiny_guest("two"));
  });
  hosting.close();
  hosting.open();
  hosting.run([&] { return hosting.host().start_marked(); });
  EXPECT_EQ(info("one").state, RunState::running);
  EXPECT_EQ(info("two").state, RunState::shut_off);
}

}  // namespace
}  // namespace sluice::test
