// Machines through the public API, on test:///default.

#include <sluice/host.h>

#include <fstream>
#include <latch>

#include "client/engine.h"
#include "client/play_service_test.h"
#include "driver/memory_host.h"

namespace sluice::client {
namespace {

class Machines : public ::testing::Test {
 protected:
  void set_faults(driver::Faults faults) { runtime.engine()->memory_host.lock()->set_faults(std::move(faults)); }
  std::vector<std::byte> saved() {
    std::vector<std::byte> state;
    test.save([&](std::span<const std::byte> bytes) { state.insert(state.end(), bytes.begin(), bytes.end()); });
    return state;
  }

  Runtime runtime;
  Host host = Host::connect("test:///default", {.runtime = runtime});
  Domain test = host.lookup("test");
};

TEST_F(Machines, TheDefaultOneRuns) {
  ASSERT_EQ(host.domains().size(), 1U);
  EXPECT_EQ(host.domains()[0].name(), "test");
  EXPECT_EQ(test.state(), DomainState::running);
  EXPECT_TRUE(test.active());
  EXPECT_TRUE(test.id());
  EXPECT_GT(test.info().memory_max_kib, 0U);
  EXPECT_TRUE(host.version().sluice);
  EXPECT_EQ(host.version().library, library_version());
  EXPECT_FALSE(host.hostname().empty());
}

TEST_F(Machines, AreFoundByNameUuidAndId) {
  EXPECT_EQ(host.lookup_uuid(test.uuid()).name(), "test");
  EXPECT_EQ(host.lookup_id(*test.id()).name(), "test");
  EXPECT_TRUE(host.find("test"));
  EXPECT_FALSE(host.find("nobody"));
  EXPECT_EQ(failure_of([&] { host.lookup("nobody"); }).code, Code::no_domain);
  EXPECT_EQ(failure_of([&] { host.lookup_uuid("nonsense"); }).code, Code::invalid_arg);
}

TEST_F(Machines, LiveThroughTheirVerbs) {
  test.pause();
  EXPECT_EQ(test.state(), DomainState::paused);
  test.resume();
  test.reset();
  test.reboot();
  EXPECT_EQ(test.state(), DomainState::running);
  test.destroy();
  EXPECT_EQ(test.state(), DomainState::shut_off);
  EXPECT_FALSE(test.id());
  test.start({.paused = true});
  EXPECT_EQ(test.state(), DomainState::paused);
  test.set_autostart(true);
  EXPECT_TRUE(test.autostart());
  EXPECT_TRUE(test.persistent());
  test.destroy();
  test.undefine();
  EXPECT_FALSE(host.find("test"));
}

TEST_F(Machines, AreDefinedFromXml) {
  std::string xml = test.xml({.inactive = true});
  const auto change = [&xml](const std::string& from, const std::string& to) {
    xml.replace(xml.find(from), from.size(), to);
  };
  change("<name>test</name>", "<name>second</name>");
  change("<uuid>" + test.uuid() + "</uuid>", "");
  Domain second = host.define(xml);
  EXPECT_EQ(second.name(), "second");
  EXPECT_EQ(host.domains().size(), 2U);
  EXPECT_EQ(host.domains({.active = true, .inactive = false}).size(), 1U);
  EXPECT_EQ(host.domains({.active = false, .inactive = true}).size(), 1U);
  EXPECT_EQ(host.domains({.active = false, .inactive = false}).size(), 0U);
  EXPECT_EQ(failure_of([&] { host.define("<domain>"); }).origin, Origin::remote);
}

TEST_F(Machines, AreSavedAndRestoredThroughStreams) {
  const auto state = saved();
  EXPECT_EQ(test.state(), DomainState::shut_off);
  RestoreStream stream = host.restore();
  stream.write(state);
  EXPECT_EQ(stream.finish().name(), "test");
  EXPECT_EQ(test.state(), DomainState::running);
}

TEST_F(Machines, GoOnAfterTheRestoreAsAsked) {
  test.pause();
  auto state = saved();
  const auto restore = [&](AfterRestore then) {
    std::size_t at = 0;
    host.restore(
        [&](std::span<std::byte> room) {
          const std::size_t count = std::min(room.size(), state.size() - at);
          std::ranges::copy(std::span(state).subspan(at, count), room.begin());
          at += count;
          return count;
        },
        {.then = then});
  };
  restore(AfterRestore::as_it_was);
  EXPECT_EQ(test.state(), DomainState::paused);
  test.destroy();
  restore(AfterRestore::running);
  EXPECT_EQ(test.state(), DomainState::running);
  test.destroy();
  restore(AfterRestore::paused);
  EXPECT_EQ(test.state(), DomainState::paused);
}

TEST_F(Machines, AreSavedCompressed) {
  const io::TemporaryDirectory directory;
  test.save(directory / "plain");
  host.restore(std::filesystem::path(directory / "plain"));
  test.save(directory / "small", {.zstd = true, .level = 1});
  host.restore(std::filesystem::path(directory / "small"));
  EXPECT_EQ(test.state(), DomainState::running);
}

TEST_F(Machines, GoOnWhenTheirSaveFails) {
  set_faults({.save_fails_at = 3'000'000, .reason = "disk full"});
  const Error error = failure_of([&] { saved(); });
  EXPECT_NE(error.message.find("disk full"), std::string::npos) << error.message;
  EXPECT_EQ(test.state(), DomainState::running);
  set_faults({});
  saved();
}

TEST_F(Machines, GoOnWhenTheirSaveIsAborted) {
  Stream state = test.save();
  std::vector<std::byte> room(100'000);
  EXPECT_GT(state.read(room), 0U);
  state.abort("I changed my mind");
  EXPECT_TRUE(soon([&] { return test.state() == DomainState::running; }));
}

TEST_F(Machines, AreGivenUpOnlyWhenTheSaveWasFinished) {
  Stream state = test.save();
  std::vector<std::byte> room(1'000'000);
  while (state.read(room) != 0) {
  }
  EXPECT_NE(test.state(), DomainState::shut_off);
  state.finish();
  EXPECT_EQ(test.state(), DomainState::shut_off);
}

TEST_F(Machines, ThatRunAreNotRestored) {
  const auto state = saved();
  test.start();
  RestoreStream stream = host.restore();
  const Error error = failure_of([&] {
    for (;;) stream.write(state);  // the early reply stops the sender
  });
  EXPECT_NE(error.message.find("running"), std::string::npos) << error.message;
  EXPECT_EQ(test.state(), DomainState::running);
}

TEST_F(Machines, AreNotRestoredFromDamagedState) {
  auto state = saved();
  state[state.size() - 64] ^= std::byte{1};  // of the last section of its memory: the end mark is 56 bytes long
  RestoreStream stream = host.restore();
  const Error error = failure_of([&] {
    stream.write(state);
    stream.finish();
  });
  EXPECT_NE(error.message.find("checksum"), std::string::npos) << error.message;
  EXPECT_EQ(test.state(), DomainState::shut_off);
}

TEST_F(Machines, AreNotRestoredFromACutState) {
  auto state = saved();
  state.resize(state.size() - 10);
  RestoreStream stream = host.restore();
  const Error error = failure_of([&] {
    stream.write(state);
    stream.finish();
  });
  EXPECT_NE(error.message.find("cut off"), std::string::npos) << error.message;
}

TEST_F(Machines, HaveOneJobAtATime) {
  set_faults({.save_hangs_at = 1'000'000});
  Stream first = test.save();
  std::vector<std::byte> room(1000);
  EXPECT_GT(first.read(room), 0U);
  const Error error = failure_of([&] { saved(); });
  EXPECT_EQ(error.code, Code::operation_invalid) << error.message;
  ASSERT_TRUE(test.job());
  EXPECT_GT(test.job()->total, 0U);
  test.abort_job();
  EXPECT_THROW(while (first.read(room) != 0){}, Failure);
  EXPECT_TRUE(soon([&] { return test.state() == DomainState::running; }));
  EXPECT_FALSE(test.job());
  test.destroy();
  EXPECT_FALSE(test.job());
  EXPECT_EQ(failure_of([&] { test.abort_job(); }).code, Code::operation_invalid);
}

TEST_F(Machines, TellTheirProgress) {
  const io::TemporaryDirectory directory;
  std::vector<Progress> told;
  test.save(directory / "saved", {},
            {.progress = [&](const Progress& progress) { told.push_back(progress); },
             .progress_interval = std::chrono::milliseconds(1)});
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back().transferred, std::filesystem::file_size(directory / "saved"));
  std::uint64_t total = 0;
  host.restore(std::filesystem::path(directory / "saved"), {},
               {.progress = [&](const Progress& progress) { total = progress.total; }});
  EXPECT_EQ(total, std::filesystem::file_size(directory / "saved"));
}

TEST_F(Machines, AreWatched) {
  std::promise<DomainEvent> paused;
  const auto token = host.watch([&](const DomainEvent& event) {
    if (name(event) == "paused") paused.set_value(event);
  });
  test.pause();
  EXPECT_EQ(paused.get_future().get().uuid, test.uuid());
}

TEST_F(Machines, AreSharedByTheConnectionsOfARuntime) {
  const Host other = Host::connect("test:///default", {.runtime = runtime});
  other.lookup("test").pause();
  EXPECT_EQ(test.state(), DomainState::paused);
  const Host elsewhere = Host::connect("test:///default", {.runtime = Runtime()});
  EXPECT_EQ(elsewhere.lookup("test").state(), DomainState::running);
}

TEST_F(Machines, HaveAConsole) {
  Stream console = test.console({.force = true});
  console.write("hello\n");
  std::string said;
  std::vector<std::byte> room(100);
  while (said.find("you said hello") == std::string::npos) {
    const std::size_t count = console.read(room);
    ASSERT_GT(count, 0U) << said;
    said += as_text(std::span<const std::byte>(room).first(count));
  }
  console.finish();
}

TEST_F(Machines, EndTheirConsoleWithThem) {
  Stream console = test.console({.force = true});
  console.write("x\n");
  std::vector<std::byte> room(100);
  EXPECT_GT(console.read(room), 0U);
  test.destroy();
  while (console.read(room) != 0) {
  }
  console.finish();
}

TEST_F(Machines, OfAReaderAreNotChanged) {
  const Host reader = Host::connect("test:///default", {.read_only = true, .runtime = runtime});
  EXPECT_EQ(reader.lookup("test").state(), DomainState::running);
  EXPECT_EQ(failure_of([&] { reader.lookup("test").pause(); }).code, Code::operation_denied);
  EXPECT_EQ(failure_of([&] {
              Stream state = reader.lookup("test").save();
              std::vector<std::byte> room(10);
              state.read(room);
            }).code,
            Code::operation_denied);
}

}  // namespace
}  // namespace sluice::client
