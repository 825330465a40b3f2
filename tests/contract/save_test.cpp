// A machine's state into a sink: what the reader gets, and what becomes of the guest when it does not get it.
#include "contract.h"
#include "driver/container_source.h"

namespace sluice::contract {
namespace {

struct Contents {
  saved::Opening opening;
  std::string xml;
  std::uint64_t plain_bytes = 0;
};

class Save : public Contract {
 protected:
  Error failed_save(Machine& machine, KeptSink& kept) {
    Job job(JobKind::save);
    return error_of([&] { return machine.save(kept, {}, job); });
  }
  Contents contents(const std::string& bytes) {
    return run([&]() -> Task<Contents> {
      KeptSource from(bytes);
      driver::ContainerSource container(from);
      Contents contents;
      contents.opening = co_await container.opening();
      contents.xml = co_await container.xml();
      while (!(co_await container.read()).is_end()) {
      }
      contents.plain_bytes = container.plain_bytes();
      co_return contents;
    });
  }
};

TEST_F(Save, AfterItTheGuestIsGoneAndTheReaderHasAWholeContainer) {
  const MachinePtr machine = running("one");
  KeptSink kept;
  Job job(JobKind::save);
  run([&] { return machine->save(kept, {}, job); });
  EXPECT_TRUE(kept.finished);
  EXPECT_FALSE(kept.aborted);
  EXPECT_EQ(info(*machine).state, RunState::shut_off);
  EXPECT_EQ(info(*machine).reason, 5);
  EXPECT_FALSE(run([&] { return machine->job(); }).has_value());
  const Contents in = contents(kept.bytes);
  EXPECT_EQ(in.opening.uuid, uuid_of("one"));
  EXPECT_TRUE(in.opening.was_running);
  EXPECT_GT(in.opening.saved_at, 1'700'000'000U);
  EXPECT_NE(in.xml.find("<name>one</name>"), std::string::npos);
  EXPECT_GT(in.plain_bytes, 10'000U);
  EXPECT_EQ(job.progress().remaining, 0U);
  EXPECT_GE(job.progress().processed, in.plain_bytes);
  close();
  EXPECT_EQ(told("one"), "0.0 2.0 3.0 5.4");
}

TEST_F(Save, TheContainerSaysHowTheGuestShallComeBack) {
  const MachinePtr machine = running("one", true);
  EXPECT_FALSE(contents(saved(*machine)).opening.was_running);
  run([&] { return machine->start({}); });
  EXPECT_FALSE(contents(saved(*machine, {.resume = Resume::paused})).opening.was_running);
  run([&] { return machine->start({.paused = true}); });
  EXPECT_TRUE(contents(saved(*machine, {.resume = Resume::running})).opening.was_running);
}

TEST_F(Save, ATransientMachineIsGoneAltogether) {
  const MachinePtr machine = transient("one");
  saved(*machine);
  EXPECT_EQ(machine_count(), 0U);
}

TEST_F(Save, WhenTheReaderFailsAtAnyByteTheGuestGoesOn) {
  const MachinePtr machine = running("one");
  const std::size_t size = 300'000;
  for (int i = 0; i < thoroughness(); ++i) {
    KeptSink kept;
    kept.fails_at = i < 3 ? static_cast<std::size_t>(i * 60) : size * static_cast<std::size_t>(i) / 50;
    const Error error = failed_save(*machine, kept);
    EXPECT_TRUE(says(error, {"cannot save machine 'one'", "disk full"}));
    EXPECT_TRUE(kept.aborted);
    EXPECT_FALSE(kept.finished);
    ASSERT_EQ(state(*machine), RunState::running) << kept.fails_at;
    EXPECT_FALSE(run([&] { return machine->job(); }).has_value());
  }
  saved(*machine);
  EXPECT_EQ(state(*machine), RunState::shut_off);
}

TEST_F(Save, WhatTheReaderDoesNotConfirmIsNotSaved) {
  const MachinePtr machine = running("one");
  KeptSink kept;
  kept.fails_to_finish = true;
  EXPECT_TRUE(says(failed_save(*machine, kept), {"disk full at the end"}));
  EXPECT_EQ(state(*machine), RunState::running);
}

TEST_F(Save, APausedGuestStaysPausedWhenTheSaveFails) {
  const MachinePtr machine = running("one", true);
  KeptSink kept;
  kept.fails_at = 5'000;
  failed_save(*machine, kept);
  EXPECT_EQ(state(*machine), RunState::paused);
  run([&] { return machine->resume(); });
  EXPECT_EQ(state(*machine), RunState::running);
}

TEST_F(Save, AMachineThatDoesNotRunIsRefusedAndTheReaderIsNotSpokenTo) {
  const MachinePtr machine = defined("one");
  KeptSink kept;
  const Error error = failed_save(*machine, kept);
  EXPECT_EQ(error.code, Code::operation_invalid);
  EXPECT_TRUE(says(error, {"machine 'one' is not running"}));
  EXPECT_EQ(kept.bytes, "");
}

TEST_F(Save, WhileItLastsTheMachineIsOccupiedAndSaysWithWhat) {
  const MachinePtr machine = running("one");
  KeptSink kept;
  kept.before_finish = [&]() -> Task<> {
    const std::vector<std::function<Task<>()>> attempts{
        [&] { return machine->pause(); }, [&] { return machine->resume(); }, [&] { return machine->reset(); },
        [&] { return machine->shutdown({}); }, [&] { return machine->start({}); }};
    for (const auto& attempt : attempts) {
      const Error error = co_await failure(attempt);
      EXPECT_EQ(error.code, Code::operation_invalid);
      EXPECT_TRUE(says(error, {"machine 'one' is being saved"}));
    }
    KeptSink second;
    Job job(JobKind::save);
    const Error refused = co_await failure([&] { return machine->save(second, {}, job); });
    EXPECT_EQ(refused.code, Code::operation_invalid);
    EXPECT_TRUE(says(refused, {"machine 'one' is being saved"}));
    EXPECT_EQ(second.bytes, "");
    const auto active = co_await machine->job();
    EXPECT_TRUE(active && active->kind == JobKind::save);
    EXPECT_GT(active ? active->progress.processed : 0, 0U);
    EXPECT_EQ((co_await machine->info()).state, RunState::paused);
  };
  Job job(JobKind::save);
  run([&] { return machine->save(kept, {}, job); });
  EXPECT_EQ(state(*machine), RunState::shut_off);
}

TEST_F(Save, AnybodyMayAbortIt) {
  const MachinePtr machine = running("one");
  KeptSink kept;
  kept.before_write = [&]() -> Task<> {
    if (kept.bytes.size() > 10'000 && !kept.aborted) {
      co_await machine->abort_job();
      io::Signal never;
      co_await never.until([] { return false; });  // the reader is slow; the abort does not wait for it
    }
  };
  const Error error = failed_save(*machine, kept);
  EXPECT_EQ(error.code, Code::operation_aborted);
  EXPECT_TRUE(says(error, {"cannot save machine 'one'", "aborted"}));
  EXPECT_EQ(state(*machine), RunState::running);
  EXPECT_TRUE(kept.aborted);
}

TEST_F(Save, AMachineDestroyedMeanwhileIsGone) {
  const MachinePtr machine = running("one");
  KeptSink kept;
  kept.before_finish = [&]() -> Task<> {
    co_await machine->destroy({});
    io::Signal never;
    co_await never.until([] { return false; });
  };
  const Error error = failed_save(*machine, kept);
  EXPECT_TRUE(says(error, {"cannot save machine 'one'"}));
  EXPECT_FALSE(kept.finished);
  EXPECT_EQ(state(*machine), RunState::shut_off);
  EXPECT_EQ(info(*machine).reason, 2);
}

TEST_F(Save, CompressedItIsSmallerAndComesBack) {
  const MachinePtr machine = running("one");
  const std::string bytes = saved(*machine, {.zstd = true});
  const MachinePtr again = restored(bytes);
  EXPECT_EQ(state(*again), RunState::running);
}

TEST_F(Save, TwoMachinesAreSavedAtTheSameTime) {
  const MachinePtr one = running("one"), two = running("two");
  KeptSink first, second;
  Job first_job(JobKind::save), second_job(JobKind::save);
  run([&]() -> Task<> {
    auto both = [&](Scope& scope) -> Task<> {
      scope.spawn(one->save(first, {}, first_job));
      scope.spawn(two->save(second, {}, second_job));
      co_await scope.join();
    };
    co_await io::scoped(both);
  });
  EXPECT_EQ(state(*one), RunState::shut_off);
  EXPECT_EQ(state(*two), RunState::shut_off);
  EXPECT_EQ(contents(second.bytes).opening.uuid, uuid_of("two"));
}

}  // namespace
}  // namespace sluice::contract
