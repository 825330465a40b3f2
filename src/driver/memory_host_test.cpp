// What the in-memory host does beyond the contract of all hosts: it counts by its clock, talks, and fails on command.
#include "driver/memory_host.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include "driver/container_sink.h"
#include "driver/kept_stream.h"
#include "io/failure.h"
#include "io/fake_clock.h"
#include "io/loop.h"
#include "io/pipe.h"
#include "io/scope.h"

namespace sluice::driver {
namespace {

using io::Scope;
using io::Task;
using std::chrono::seconds;
using MachinePtr = std::shared_ptr<Machine>;

// All on one loop that ends with the test's body, so that every run is the same.
class MemoryHostTest : public testing::Test {
 protected:
  template <class Body>
  void with_host(Body body) {
    io::run_here([&]() -> Task<> {
      MemoryHost host(co_await asio::this_coro::executor, clock_, {.guest_memory_max = 600'000});
      co_await body(host);
      co_await host.close();
    });
  }
  static std::string definition(const std::string& name, const std::string& uuid = "") {
    return "<domain type='test'><name>" + name + "</name>" + uuid +
           "<memory unit='MiB'>1</memory><vcpu>1</vcpu><os><type>hvm</type></os>"
           "<devices><console type='pty'/></devices></domain>";
  }
  static Task<MachinePtr> started(MemoryHost& host, std::string name = "one") {
    MachinePtr machine = co_await host.define(definition(name));
    co_await machine->start({});
    co_return machine;
  }
  // What the guest says to `keys`.
  static Task<std::string> talk(Machine& machine, std::string keys) {
    KeptSource typed(std::move(keys));
    KeptSink screen;
    co_await machine.console(typed, screen, {});
    co_return screen.bytes;
  }
  static Task<std::string> state_of(Machine& machine) {
    KeptSink kept;
    Job job(JobKind::save);
    co_await machine.save(kept, {}, job);
    co_return kept.bytes;
  }
  static Task<MachinePtr> restored(MemoryHost& host, std::string bytes) {
    KeptSource from(std::move(bytes));
    Job job(JobKind::restore);
    co_return co_await host.restore(from, {}, job);
  }
  template <class Body>
  static Task<std::string> failure(Body body) {
    std::string message;
    try {
      co_await body();
    } catch (const io::Failure& failure) {
      message = failure.error.message;
    }
    co_return message;
  }
  static Task<RunState> state(Machine& machine) {
    const MachineInfo info = co_await machine.info();
    co_return info.state;
  }
  io::FakeClock clock_;
};

TEST_F(MemoryHostTest, TheGuestCountsWhileItRuns) {
  with_host([&](MemoryHost& host) -> Task<> {
    const MachinePtr machine = co_await started(host);
    clock_.advance(seconds(2));
    EXPECT_EQ(co_await talk(*machine, "count\n"), "count 10\r\n");
    co_await machine->pause();
    clock_.advance(seconds(100));
    co_await machine->resume();
    clock_.advance(seconds(1));
    EXPECT_EQ(co_await talk(*machine, "count\n"), "count 15\r\n");
    EXPECT_EQ((co_await machine->info()).cpu_time_ns, 3'000'000'000U);
  });
}

TEST_F(MemoryHostTest, TheCountGoesOnWithoutAGapAfterARestore) {
  with_host([&](MemoryHost& host) -> Task<> {
    const MachinePtr machine = co_await started(host);
    clock_.advance(seconds(3));
    const std::string bytes = co_await state_of(*machine);
    clock_.advance(seconds(1000));
    co_await restored(host, bytes);
    EXPECT_EQ(co_await talk(*machine, "count\n"), "count 15\r\n");
    clock_.advance(seconds(1));
    EXPECT_EQ(co_await talk(*machine, "count\n"), "count 20\r\n");
  });
}

TEST_F(MemoryHostTest, ASaveThatFailedCostsTheGuestNothingButTime) {
  with_host([&](MemoryHost& host) -> Task<> {
    const MachinePtr machine = co_await started(host);
    clock_.advance(seconds(1));
    host.set_faults({.save_fails_at = 100'000, .reason = "disk full"});
    const std::string why = co_await failure([&] { return state_of(*machine); });
    EXPECT_EQ(why, "cannot save machine 'one': disk full");
    clock_.advance(seconds(1));
    EXPECT_EQ(co_await talk(*machine, "count\n"), "count 10\r\n");
  });
}

TEST_F(MemoryHostTest, ItFailsAtTheByteItWasTold) {
  with_host([&](MemoryHost& host) -> Task<> {
    const MachinePtr machine = co_await started(host);
    for (const std::uint64_t at : {0ULL, 1ULL, 64ULL, 300'000ULL, 600'063ULL}) {
      host.set_faults({.save_fails_at = at, .reason = "no"});
      KeptSink kept;
      Job job(JobKind::save);
      EXPECT_NE(co_await failure([&] { return machine->save(kept, {}, job); }), "");
      // Of the state so many bytes went out at most; header, definition and heads of sections come on top.
      EXPECT_LT(kept.bytes.size(), at + 2'000);
      EXPECT_TRUE(kept.aborted);
    }
    host.set_faults({});
    const std::string bytes = co_await state_of(*machine);
    for (const std::uint64_t at : {1ULL, 300'000ULL, 600'064ULL}) {
      host.set_faults({.restore_fails_at = at, .reason = "no"});
      EXPECT_EQ(co_await failure([&] { return restored(host, bytes); }), "cannot restore machine 'one': no");
      EXPECT_EQ(co_await state(*machine), RunState::shut_off);
    }
  });
}

TEST_F(MemoryHostTest, AMachineThatDiesWhileItIsSavedIsGone) {
  with_host([&](MemoryHost& host) -> Task<> {
    const MachinePtr machine = co_await started(host);
    host.set_faults({.dies_while_saving_at = 50'000, .reason = "bit rot"});
    const std::string why = co_await failure([&] { return state_of(*machine); });
    EXPECT_EQ(why, "cannot save machine 'one': machine 'one' ended: bit rot");
    const MachineInfo info = co_await machine->info();
    EXPECT_EQ(info.state, RunState::shut_off);
    EXPECT_EQ(info.reason, 3);
  });
}

TEST_F(MemoryHostTest, OneThatHangsIsEndedByAbort) {
  with_host([&](MemoryHost& host) -> Task<> {
    const MachinePtr machine = co_await started(host);
    for (const bool saving : {true, false}) {
      const std::string bytes = saving ? "" : co_await state_of(*machine);
      host.set_faults({.save_hangs_at = 1'000, .restore_hangs_at = 1'000});
      std::string why;
      auto hanging = [&]() -> Task<> {
        why = saving ? co_await failure([&] { return state_of(*machine); })
                     : co_await failure([&] { return restored(host, bytes); });
      };
      auto body = [&](Scope& scope) -> Task<> {
        scope.spawn(hanging());
        while (!(co_await machine->job())) co_await asio::post(asio::use_awaitable);
        for (int i = 0; i < 20; ++i) co_await asio::post(asio::use_awaitable);
        EXPECT_EQ(why, "") << "it hangs";
        co_await machine->abort_job();
        co_await scope.join();
      };
      co_await io::scoped(body);
      EXPECT_NE(why.find("was aborted"), std::string::npos) << why;
      host.set_faults({});
    }
    EXPECT_EQ(co_await state(*machine), RunState::shut_off);
  });
}

TEST_F(MemoryHostTest, AStartThatFailsSaysWhyAndLeavesTheMachineOff) {
  with_host([&](MemoryHost& host) -> Task<> {
    host.set_faults({.start_fails = true, .reason = "no memory"});
    EXPECT_EQ(co_await failure([&] { return started(host); }), "cannot start machine 'one': no memory");
    const MachinePtr machine = co_await host.find(std::string("one"));
    EXPECT_EQ(co_await state(*machine), RunState::shut_off);
    EXPECT_NE(co_await failure([&] { return host.create(definition("two"), {}); }), "");
    EXPECT_EQ((co_await host.machines()).size(), 1U);
  });
}

TEST_F(MemoryHostTest, AskedToShutDownTheGuestObeysOrDoesNot) {
  with_host([&](MemoryHost& host) -> Task<> {
    const MachinePtr machine = co_await started(host);
    host.set_faults({.ignores_shutdown = true});
    co_await machine->shutdown({});
    EXPECT_EQ(co_await state(*machine), RunState::running);
    host.set_faults({});
    clock_.advance(seconds(5));
    co_await machine->shutdown({.reboot = true});
    EXPECT_EQ(co_await talk(*machine, "count\n"), "count 0\r\n");
    co_await machine->shutdown({});
    const MachineInfo info = co_await machine->info();
    EXPECT_EQ(info.state, RunState::shut_off);
    EXPECT_EQ(info.reason, 1);
  });
}

TEST_F(MemoryHostTest, TheGuestAnswersAndCanPowerItselfOff) {
  with_host([&](MemoryHost& host) -> Task<> {
    const MachinePtr machine = co_await started(host);
    EXPECT_EQ(co_await talk(*machine, "hello\nworld\r"), "you said hello\r\nyou said world\r\n");
    KeptSink screen;
    io::Pipe keys(1000);
    keys.push({.bytes = Chunk::copy_of(as_bytes("halt\n"))});
    co_await machine->console(keys, screen, {});
    EXPECT_TRUE(screen.finished);
    EXPECT_EQ(co_await state(*machine), RunState::shut_off);
  });
}

TEST_F(MemoryHostTest, AStateOfAnotherHostIsRefusedThoughItsContainerIsWhole) {
  with_host([&](MemoryHost& host) -> Task<> {
    const std::string uuid = "11111111-2222-4333-8444-555555555555";
    KeptSink kept;
    ContainerSink container(kept, {.opening = {.uuid = *Uuid::parse(uuid), .was_running = true, .saved_at = 1},
                                   .xml = definition("one", "<uuid>" + uuid + "</uuid>")});
    co_await container.begin();
    co_await container.write({.bytes = Chunk::copy_of(as_bytes(std::string(5'000, 'Q')))});
    co_await container.finish();
    EXPECT_EQ(co_await failure([&] { return restored(host, kept.bytes); }),
              "cannot restore machine 'one': the state is not that of an in-memory machine");
    EXPECT_EQ((co_await host.machines()).size(), 0U);
  });
}

TEST_F(MemoryHostTest, BandwidthIsKeptByTheClock) {
  with_host([&](MemoryHost& host) -> Task<> {
    const MachinePtr machine = co_await started(host);
    KeptSink kept;
    Job job(JobKind::save);
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(machine->save(kept, {.bandwidth = 100'000}, job));
      int moved = 0;
      while (scope.size() > 0) {
        if (clock_.sleepers() > 0) {
          clock_.advance(seconds(1));
          ++moved;
        }
        co_await asio::post(asio::use_awaitable);
      }
      EXPECT_GE(moved, 6) << "600 KB at 100 KB a second";
      EXPECT_LE(moved, 7);
    };
    co_await io::scoped(body);
    EXPECT_TRUE(kept.finished);
    EXPECT_GE(job.progress().elapsed_ms, 5'000U);
  });
}

TEST_F(MemoryHostTest, TheDefaultOneHasOneMachineThatRuns) {
  io::run_here([&]() -> Task<> {
    const auto host = MemoryHost::with_default_machine(co_await asio::this_coro::executor, clock_);
    const auto machines = co_await host->machines();
    EXPECT_EQ(machines.size(), 1U);
    const MachineRef ref = co_await machines.at(0)->ref();
    EXPECT_EQ(ref.name, "test");
    EXPECT_EQ(ref.uuid.text(), "6695eb01-f6a4-8304-79aa-97f2502e193f");
    EXPECT_EQ(ref.id, 1);
    EXPECT_EQ(co_await state(*machines.at(0)), RunState::running);
    EXPECT_TRUE(co_await machines.at(0)->persistent());
    co_await host->close();
  });
}

}  // namespace
}  // namespace sluice::driver
