// A QEMU that does not start, talks nonsense, falls silent or dies, wherever it hurts (fake_qemu.py). Each time: a
// clear reason, and nothing left.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>

#include "hosting.h"
#include "io/failure.h"

namespace sluice::test {
namespace {

using driver::RunState;
using namespace std::chrono_literals;

// The program in a place where QEMU's user may run it.
class FakeQemu {
 public:
  FakeQemu() {
    if (::chmod(directory_.path().c_str(), 0755) != 0) throw std::runtime_error("chmod");
    std::filesystem::copy_file("tests/qemu/fake_qemu.py", path());
    if (::chmod(path().c_str(), 0755) != 0) throw std::runtime_error("chmod");
    behave("healthy");
  }
  std::string path() const { return directory_ / "qemu-system-fake"; }
  void behave(const std::string& mode) const {
    std::ofstream(directory_ / "mode") << mode << "\n";
    if (::chmod((directory_ / "mode").c_str(), 0644) != 0) throw std::runtime_error("chmod");
  }

 private:
  io::TemporaryDirectory directory_;
};

class Fault : public ::testing::Test {
 protected:
  Fault() : hosting({.emulator = fake.path()}) {}
  void TearDown() override {
    hosting.clock().advance(0s);
    hosting.run([&]() -> Task<> {
      for (const auto& machine : co_await hosting.host().machines()) {
        const driver::MachineRef ref = co_await machine->ref();
        if (ref.id >= 0) co_await machine->destroy({});
      }
    });
    hosting.close();
    EXPECT_EQ(qemus(hosting), std::vector<int>{}) << "processes left";
    if (HasFailure()) std::printf("%s", hosting.log().c_str());
  }

  std::shared_ptr<driver::Machine> define() {
    return hosting.run([&] { return hosting.host().define(tiny_guest("one")); });
  }
  std::string qemu_log() const {
    std::ifstream file(hosting.state() + "/machines/" + uuid_of("one") + "/qemu.log");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  void forget_log() const { std::filesystem::remove(hosting.state() + "/machines/" + uuid_of("one") + "/qemu.log"); }
  // Runs the task; lets time pass as soon as QEMU has fallen silent.
  Error error_when_muted(const std::function<Task<>()>& does) {
    std::future<void> outcome = asio::co_spawn(hosting.executor(), does(), asio::use_future);
    while (outcome.wait_for(1ms) != std::future_status::ready && qemu_log().find("muted") == std::string::npos) {
    }
    while (outcome.wait_for(1ms) != std::future_status::ready) hosting.clock().advance(1s);
    return error_of([&] { outcome.get(); });
  }
  Error start_error(driver::Machine& machine) {
    return error_of([&] { hosting.run([&] { return machine.start({}); }); });
  }
  RunState state(driver::Machine& machine) {
    return hosting.run([&] { return machine.info(); }).state;
  }
  Task<> save(driver::Machine& machine, Kept& to) {
    driver::Job job(driver::JobKind::save);
    co_await machine.save(to, {}, job);
  }
  Task<> restore(std::string bytes) {
    Played from(std::move(bytes));
    driver::Job job(driver::JobKind::restore);
    co_await hosting.host().restore(from, {}, job);
  }
  void nothing_left(std::size_t descriptors) {
    EXPECT_EQ(qemus(hosting), std::vector<int>{});
    EXPECT_EQ(hosting.store().running().size(), 0U);
    EXPECT_EQ(open_descriptors(), descriptors);
    EXPECT_FALSE(std::filesystem::exists(hosting.state() + "/machines/" + uuid_of("one") + "/monitor.sock"));
  }

  FakeQemu fake;
  Hosting hosting;
};

TEST_F(Fault, AQemuThatEndsAtOnceIsQuoted) {
  const auto machine = define();
  const std::size_t before = open_descriptors();
  fake.behave("fails");
  EXPECT_EQ(start_error(*machine).message,
            "cannot start machine 'one': QEMU exited with code 3: fake trouble at the start");
  EXPECT_EQ(state(*machine), RunState::shut_off);
  nothing_left(before);
  fake.behave("healthy");
  hosting.run([&] { return machine->start({}); });
  EXPECT_EQ(state(*machine), RunState::running);
}

TEST_F(Fault, AProgramThatIsNotThereIsNamed) {
  const auto machine = define();
  std::filesystem::remove(fake.path());
  const Error error = start_error(*machine);
  EXPECT_NE(error.message.find("qemu-system-fake'"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("No such file"), std::string::npos) << error.message;
}

TEST_F(Fault, NonsenseInsteadOfAGreetingIsNotBelieved) {
  const auto machine = define();
  const std::size_t before = open_descriptors();
  for (const char* mode : {"nonsense", "endless"}) {
    fake.behave(mode);
    const Error error = start_error(*machine);
    EXPECT_NE(error.message.find("cannot start machine 'one'"), std::string::npos) << error.message;
    EXPECT_NE(error.message.find("monitor"), std::string::npos) << error.message;
    nothing_left(before);
  }
  EXPECT_NE(hosting.log().find("its monitor cannot be trusted"), std::string::npos);
}

TEST_F(Fault, ASilentQemuIsGivenUpAfterItsDeadline) {
  const auto machine = define();
  const std::size_t before = open_descriptors();
  for (const char* mode : {"mute", "mute-on:qmp_capabilities", "mute-on:query-chardev", "mute-on:cont"}) {
    fake.behave(mode);
    forget_log();
    const Error error = error_when_muted([&] { return machine->start({}); });
    EXPECT_EQ(error.code, Code::operation_timeout) << error.message;
    EXPECT_NE(error.message.find("did not answer"), std::string::npos) << error.message;
    EXPECT_EQ(state(*machine), RunState::shut_off);
    nothing_left(before);
  }
}

TEST_F(Fault, DyingAndLyingDuringTheStartAreReasons) {
  const auto machine = define();
  const std::size_t before = open_descriptors();
  for (const std::string command : {"migrate-set-capabilities", "query-chardev", "cont"}) {
    fake.behave("die-on:" + command);
    EXPECT_EQ(start_error(*machine).message,
              "cannot start machine 'one': QEMU exited with code 3: fake trouble with " + command);
    nothing_left(before);
    for (const char* lie : {"garbage-on:", "other-id-on:"}) {
      fake.behave(lie + command);
      const Error error = start_error(*machine);
      EXPECT_NE(error.message.find("monitor"), std::string::npos) << error.message;
      nothing_left(before);
    }
  }
}

TEST_F(Fault, NonsenseWhileItRunsEndsTheMachine) {
  const auto machine = define();
  fake.behave("garbage-on:system_reset");
  hosting.run([&] { return machine->start({}); });
  error_of([&] { hosting.run([&] { return machine->reset(); }); });
  while (state(*machine) != RunState::shut_off) std::this_thread::yield();
  EXPECT_EQ(hosting.told("one"), "0.0 2.0 5.2");
  EXPECT_NE(hosting.log().find("its monitor cannot be trusted"), std::string::npos);
}

TEST_F(Fault, AnUnansweredCommandFailsAndTheMachineStaysForTheNext) {
  const auto machine = define();
  fake.behave("mute-on:system_reset");
  hosting.run([&] { return machine->start({}); });
  const Error error = error_when_muted([&] { return machine->reset(); });
  EXPECT_EQ(error.message, "QEMU did not answer 'system_reset' within 30 s");
  EXPECT_EQ(state(*machine), RunState::running);
}

TEST_F(Fault, OneThatDoesNotEndIsKilled) {
  const auto machine = define();
  fake.behave("deaf");
  hosting.run([&] { return machine->start({}); });
  std::future<void> outcome = asio::co_spawn(hosting.executor(), machine->destroy({}), asio::use_future);
  while (outcome.wait_for(1ms) != std::future_status::ready) hosting.clock().advance(1s);
  outcome.get();
  EXPECT_EQ(state(*machine), RunState::shut_off);
  EXPECT_NE(hosting.log().find("is killed"), std::string::npos);
}

TEST_F(Fault, DyingInTheMiddleOfASaveIsTheReason) {
  const auto machine = define();
  const std::size_t before = open_descriptors();
  fake.behave("half-save");
  hosting.run([&] { return machine->start({}); });
  Kept kept;
  const Error error = error_of([&] { hosting.run([&] { return save(*machine, kept); }); });
  EXPECT_EQ(error.message, "cannot save machine 'one': QEMU exited with code 3: fake trouble in the middle of a save");
  EXPECT_FALSE(kept.finished);
  EXPECT_TRUE(kept.aborted || kept.bytes.empty());
  EXPECT_EQ(state(*machine), RunState::shut_off);
  nothing_left(before);
}

TEST_F(Fault, ASaveThatQemuCallsFailedIsFailedThoughTheSocketEndedWell) {
  const auto machine = define();
  fake.behave("failed-save");
  hosting.run([&] { return machine->start({}); });
  Kept kept;
  const Error error = error_of([&] { hosting.run([&] { return save(*machine, kept); }); });
  EXPECT_NE(error.message.find("did not send the whole state: fake trouble"), std::string::npos) << error.message;
  EXPECT_FALSE(kept.finished);
  EXPECT_EQ(state(*machine), RunState::running) << "and the guest goes on";
}

TEST_F(Fault, ASaveThatStandsStillIsGivenUpWithOrWithoutItsGuest) {
  const auto machine = define();
  const std::size_t before = open_descriptors();
  for (const char* mode : {"stalled-save", "mute-on:migrate", "mute-on:stop", "unsure-save"}) {
    fake.behave(mode);
    hosting.run([&] { return machine->start({}); });
    Kept kept;
    const Error error = error_when_muted([&] { return save(*machine, kept); });
    EXPECT_EQ(error.code, Code::operation_timeout) << error.message;
    EXPECT_FALSE(kept.finished);
    if (std::string(mode).ends_with("-save")) {
      EXPECT_EQ(state(*machine), RunState::running) << "it answers, so its guest can go on";
      hosting.run([&] { return machine->destroy({}); });
    }
    EXPECT_EQ(state(*machine), RunState::shut_off) << mode;
    nothing_left(before);
  }
}

TEST_F(Fault, RestoringIntoAQemuThatFailsLeavesNothing) {
  const auto machine = define();
  hosting.run([&] { return machine->start({}); });
  Kept kept;
  hosting.run([&] { return save(*machine, kept); });
  ASSERT_TRUE(kept.finished);
  const std::size_t before = open_descriptors();
  fake.behave("die-restore");
  const Error died = error_of([&] { hosting.run([&] { return restore(kept.bytes); }); });
  EXPECT_EQ(died.message,
            "cannot restore machine 'one': QEMU exited with code 3: load of migration failed: fake trouble");
  nothing_left(before);
  for (const char* mode : {"stalled-restore", "unsure-restore", "mute-on:migrate-incoming", "mute-on:cont"}) {
    fake.behave(mode);
    forget_log();
    const Error error = error_when_muted([&] { return restore(kept.bytes); });
    EXPECT_EQ(error.code, Code::operation_timeout) << mode << ": " << error.message;
    EXPECT_EQ(state(*machine), RunState::shut_off);
    nothing_left(before);
  }
  fake.behave("healthy");
  hosting.run([&] { return restore(kept.bytes); });
  EXPECT_EQ(state(*machine), RunState::running);
}

}  // namespace
}  // namespace sluice::test
