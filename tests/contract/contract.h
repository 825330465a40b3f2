#pragma once
// The frame of every contract test: a host of its own, two loops, and at the end the question what was left behind.
//
//   TEST_F(Contract, SomethingIsPromised) {
//     run([&]() -> Task<> { auto machine = co_await host().define(definition("one")); ... });
//   }

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "driver/host.h"
#include "driver/kept_stream.h"
#include "io/failure.h"
#include "io/loop.h"
#include "io/scope.h"
#include "subject.h"

namespace sluice::contract {

using driver::Job;
using driver::JobKind;
using driver::KeptSink;
using driver::KeptSource;
using driver::Machine;
using driver::MachineInfo;
using driver::MachineRef;
using driver::Resume;
using driver::RunState;
using io::Scope;
using io::Task;
using MachinePtr = std::shared_ptr<Machine>;

class Contract : public testing::Test {
 protected:
  Contract();
  ~Contract() override;
  void TearDown() override;

  driver::Host& host() { return subject_->host(); }
  std::string definition(const std::string& name) const { return subject_->definition(name); }
  int thoroughness() const { return subject_->thoroughness(); }

  template <class Body>
  auto run(Body body) {
    return io::run_on(streams_.executor(), body());
  }

  // Shortcuts that block.
  MachinePtr defined(const std::string& name);
  MachinePtr running(const std::string& name, bool paused = false);
  MachinePtr transient(const std::string& name, bool paused = false);
  MachineInfo info(Machine& machine);
  RunState state(Machine& machine) { return info(machine).state; }
  std::size_t machine_count();
  std::string saved(Machine& machine, driver::SaveOptions options = {});
  MachinePtr restored(const std::string& bytes, driver::RestoreOptions options = {});

  // The Failure a task ends with; the test fails if it does not.
  template <class Body>
  Error error_of(Body body) {
    return run([&] { return failure(body); });
  }
  template <class Body>
  static Task<Error> failure(Body body) {
    std::exception_ptr failed;
    try {
      co_await body();
    } catch (...) {
      failed = std::current_exception();
    }
    EXPECT_TRUE(failed) << "it should have failed";
    co_return failed ? io::reason(failed) : Error{};
  }

  // "2.0 5.1": events and details of that machine so far, in order.
  std::string told(const std::string& name) const;

  // Ends what runs and closes the host; nothing may be left then.
  void close();

 private:
  io::Loop streams_;
  io::Loop machines_;
  std::size_t descriptors_before_ = 0;
  mutable std::mutex mutex_;
  std::vector<driver::LifecycleEvent> events_;
  std::unique_ptr<Subject> subject_;
  std::shared_ptr<void> watching_;
};

// Whether an error says all of `words`.
testing::AssertionResult says(const Error& error, const std::vector<std::string>& words);

}  // namespace sluice::contract
