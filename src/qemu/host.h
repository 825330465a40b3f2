#pragma once
// The host whose machines are QEMU processes. It knows every definition in the store, finds the machines again that an
// earlier daemon left running, and is the only party that starts, talks to and ends QEMU.
//
//   HostOptions options{.state_directory = "/var/lib/sluice"};
//   auto host = co_await QemuHost::open(options, {executor, disk, store, clock, log});
//   co_await host->start_marked();                            // machines with the autostart mark, once after boot
//   auto machine = co_await host->define(xml);
//   ...
//   co_await host->close();                                   // running guests go on without the daemon
//
// Each machine has a strand on `executor`; its QEMU is spoken to only there. The bytes of save, restore and console
// stay on the executor of the caller. The store and the file system are asked on the threads of `disk`. All that the
// host lives in outlives it, and so does close(): after it no task of the host is left, though Machine objects may
// still be held (they no longer reach their QEMU).

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "driver/host.h"
#include "driver/store.h"
#include "io/clock.h"
#include "io/disk.h"
#include "io/log.h"
#include "io/task.h"

namespace sluice::qemu {

// How long we wait for QEMU before we say that it does not answer. Generous: a loaded host is slow, not broken.
struct Deadlines {
  Duration start = std::chrono::seconds(60);    // from exec to the monitor's first answer
  Duration command = std::chrono::seconds(30);  // one monitor command
  Duration quit = std::chrono::seconds(5);      // from SIGTERM to SIGKILL
  Duration silence = std::chrono::seconds(60);  // while its state is wanted: no byte, and none taken
};

struct HostOptions {
  std::string state_directory;                  // machines/UUID/ is made below it: monitor socket, QEMU's log
  std::string emulator = "qemu-system-x86_64";  // a path, or found in PATH
  std::string user;  // whom QEMU runs as when we are root; empty: sluice-qemu, or nobody where that does not exist
  bool kvm = true;   // definitions of type 'kvm' are accepted; those of type 'qemu' never use it
  Deadlines deadlines = {};
};

// What the host lives in.
struct Surroundings {
  io::Executor executor;
  io::Disk& disk;
  driver::Store& store;
  io::Clock& clock;
  io::Logger log;
  driver::Storage* storage = nullptr;  // offered as this host's
};

class QemuHost final : public driver::Host {
 public:
  // Loads the definitions and takes over what still runs. Fails if the state directory cannot be used or QEMU's user
  // would be root; a missing emulator is an error of the machine that is started, not of the daemon.
  static io::Task<std::unique_ptr<QemuHost>> open(HostOptions options, Surroundings surroundings);
  ~QemuHost() override;
  QemuHost(const QemuHost&) = delete;
  QemuHost& operator=(const QemuHost&) = delete;

  io::Task<driver::HostFacts> facts() override;
  io::Task<std::shared_ptr<driver::Machine>> define(std::string xml) override;
  io::Task<std::shared_ptr<driver::Machine>> create(std::string xml, driver::StartOptions options) override;
  io::Task<std::vector<std::shared_ptr<driver::Machine>>> machines() override;
  io::Task<std::shared_ptr<driver::Machine>> find(Uuid uuid) override;
  io::Task<std::shared_ptr<driver::Machine>> find(std::string name) override;
  io::Task<std::shared_ptr<driver::Machine>> find(std::int32_t id) override;
  io::Task<std::shared_ptr<driver::Machine>> restore(io::Source& from, driver::RestoreOptions options,
                                                     driver::Job& job) override;
  std::shared_ptr<void> watch(std::function<void(const driver::LifecycleEvent&)> told) override;
  driver::Storage* storage() override;
  io::Task<> close() override;

  // Starts the machines with the autostart mark that do not run yet; what fails is logged and does not stop the others.
  io::Task<> start_marked();

 private:
  struct Inside;
  explicit QemuHost(std::shared_ptr<Inside> inside);
  std::shared_ptr<Inside> inside_;
};

}  // namespace sluice::qemu
