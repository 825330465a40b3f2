#pragma once
// A QEMU host of a test's own: two loops, a state directory, a store that lives as long as the test, so that a daemon
// can end and another one begin. At its end nothing may be left: no QEMU, no descriptor, no file outside the machines'
// logs.
//
//   TEST_F(HostTest, AMachineStarts) {
//     hosting.run([&]() -> Task<> {
//       auto machine = co_await hosting.host().define(tiny_guest("one"));
//       co_await machine->start({});
//     });
//   }

#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "driver/host.h"
#include "io/fake_clock.h"
#include "io/loop.h"
#include "io/temporary_directory.h"
#include "qemu/host.h"

namespace sluice::test {

using io::Task;

// A BIOS with nothing to boot, 64 MiB: it runs, can be saved, and needs no kernel. `devices` goes into <devices>.
std::string tiny_guest(const std::string& name, const std::string& devices = "");
std::string uuid_of(const std::string& name);  // the uuid tiny_guest gives to that name

// Keeps what it is given; can fail or hang where it is told to.
struct Kept final : io::Sink {
  Task<> write(io::Piece piece) override;
  Task<> finish() override;
  void abort(Error why) noexcept override { aborted = std::move(why); }

  std::string bytes;
  bool finished = false;
  std::optional<Error> aborted;
  std::size_t fails_at = SIZE_MAX;  // write throws "disk full" when so much is there
  bool fails_to_finish = false;
  std::function<Task<>()> before_write, before_finish;
};

struct Played final : io::Source {
  explicit Played(std::string text) : bytes(std::move(text)) {}
  Task<io::Piece> read() override;
  void stop(Error why) noexcept override { stopped = std::move(why); }

  std::string bytes;
  std::size_t at = 0, piece = 100'000;
  std::optional<Error> stopped;
  std::function<Task<>(std::size_t at)> before_read;
};

class Hosting {
 public:
  explicit Hosting(qemu::HostOptions options = {});
  ~Hosting();

  qemu::QemuHost& host() { return *host_; }
  io::FakeClock& clock() { return clock_; }
  const std::string& state() const { return directory_.path(); }
  std::string log() const;
  std::vector<driver::LifecycleEvent> events() const;
  // "2.0 5.1": events and details of that machine, in order.
  std::string told(const std::string& name) const;

  void open();   // a daemon begins
  void close();  // and ends in order
  driver::MemoryStore& store() { return store_; }
  io::Disk& disk() { return *disk_; }

  template <class Body>
  auto run(Body body) {
    return io::run_on(loops_.at(0), body());
  }
  io::Executor executor() { return loops_.at(0); }

 private:
  qemu::HostOptions options_;
  io::TemporaryDirectory directory_;
  driver::MemoryStore store_;
  io::FakeClock clock_;
  mutable std::mutex mutex_;
  std::string log_;
  std::vector<driver::LifecycleEvent> events_;
  std::unique_ptr<io::Disk> disk_;
  io::Loops loops_{2};
  std::unique_ptr<qemu::QemuHost> host_;
  std::shared_ptr<void> watching_;
};

Task<> forever();  // until it is cancelled

// QEMU processes that run with a name this test gave them.
std::vector<int> qemus(const Hosting& hosting);
std::size_t open_descriptors();
// The error a task fails with; the test fails if it does not.
Error error_of(const std::function<void()>& does);

class HostTest : public ::testing::Test {
 protected:
  void TearDown() override;
  Hosting hosting;
};

}  // namespace sluice::test
