#pragma once
// What a hypervisor must be able to do, in few verbs: a Host knows machines, a Machine is one guest, streams and
// options are arguments.
//
//   auto machine = co_await host.define(xml);
//   co_await machine->start({});
//   co_await machine->save(sink, {}, job);                    // the guest is given up only when sink.finish() returned
//   auto again = co_await host.restore(source, {}, job);      // runs, or is paused, only when every byte was verified
//
// Every method may be called from a task on any executor; an implementation hops to its own strand and back. Bulk bytes
// do not hop: save, restore and console touch their Source and Sink only on the executor of the caller. Failures are
// io::Failure. Each method is all or nothing: after a failure or a cancellation the machine is what it was before, and
// no process, descriptor or file is left behind.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "driver/job.h"
#include "driver/storage.h"
#include "io/stream.h"

namespace sluice::driver {

using io::Task;

// Numbers of libvirt's virDomainState; `reason` is the number of the reason group of that state.
enum class RunState : std::int32_t {
  none = 0,
  running = 1,
  blocked = 2,
  paused = 3,
  shutting_down = 4,
  shut_off = 5,
  crashed = 6
};

struct MachineInfo {
  RunState state = RunState::shut_off;
  std::int32_t reason = 0;
  std::uint64_t memory_max_kib = 0;
  std::uint64_t memory_kib = 0;
  std::uint16_t vcpus = 0;
  std::uint64_t cpu_time_ns = 0;
};

// What identifies a machine in a reply: name, uuid and the id of the running one (-1: not running; positive and unique
// while the daemon lives).
struct MachineRef {
  std::string name;
  Uuid uuid;
  std::int32_t id = -1;
};

struct StartOptions {
  bool paused = false;
};
struct ShutdownOptions {
  bool reboot = false;
};
struct DestroyOptions {
  bool graceful = false;
};  // graceful: SIGTERM only
struct XmlOptions {
  bool secure = false, inactive = false;
};  // secure: with passwords
struct ConsoleOptions {
  std::string device;
  bool force = false;
};  // device empty: the first one
enum class Resume : std::uint8_t { as_it_was, running, paused };  // after a restore
struct SaveOptions {
  Resume resume = Resume::as_it_was;  // stored in the container
  bool zstd = false;
  int level = 3;
  std::uint64_t bandwidth = 0;  // bytes per second, 0: no limit
};
struct RestoreOptions {
  Resume resume = Resume::as_it_was;
  std::string xml;  // replaces the stored definition; empty: the stored one
};

struct ActiveJob {
  JobKind kind;
  Progress progress;
};

struct Machine {
  virtual ~Machine() = default;
  virtual Uuid uuid() const = 0;  // never changes
  virtual Task<MachineRef> ref() = 0;
  virtual Task<MachineInfo> info() = 0;
  virtual Task<std::string> xml(XmlOptions options) = 0;
  virtual Task<bool> persistent() = 0;
  virtual Task<bool> autostart() = 0;
  virtual Task<> set_autostart(bool on) = 0;

  virtual Task<> start(StartOptions options) = 0;
  virtual Task<> shutdown(ShutdownOptions options) = 0;  // asks the guest
  virtual Task<> reset() = 0;
  virtual Task<> destroy(DestroyOptions options) = 0;
  virtual Task<> pause() = 0;
  virtual Task<> resume() = 0;
  virtual Task<> undefine() = 0;  // a running one becomes transient

  // Writes a saved-state container and finishes `to`; then the guest is gone. If finish fails the guest goes on (if it
  // ran).
  virtual Task<> save(io::Sink& to, SaveOptions options, Job& job) = 0;
  // Ends when the guest side ended (screen is finished then), the peer ended `keys`, or the task is cancelled.
  virtual Task<> console(io::Source& keys, io::Sink& screen, ConsoleOptions options) = 0;

  virtual Task<std::optional<ActiveJob>> job() = 0;
  virtual Task<> abort_job() = 0;  // Code::operation_invalid if there is none
};

struct HostFacts {            // for node info, version and capabilities
  std::string type;           // "QEMU", "TEST", as connect_get_type answers
  std::uint64_t version = 0;  // major * 1,000,000 + minor * 1,000 + release
  std::string capabilities_xml, domain_capabilities_xml;
};

// Something happened to a machine. Numbers of libvirt's lifecycle events and their details.
struct LifecycleEvent {
  MachineRef machine;
  std::int32_t event = 0;
  std::int32_t detail = 0;
};

struct Host {
  virtual ~Host() = default;
  virtual Task<HostFacts> facts() = 0;
  virtual Task<std::shared_ptr<Machine>> define(std::string xml) = 0;
  virtual Task<std::shared_ptr<Machine>> create(std::string xml, StartOptions options) = 0;  // transient, started
  virtual Task<std::vector<std::shared_ptr<Machine>>> machines() = 0;
  // find_ gives null, lookup (below) fails with Code::no_domain and a sentence that names what was looked for.
  virtual Task<std::shared_ptr<Machine>> find(Uuid uuid) = 0;
  virtual Task<std::shared_ptr<Machine>> find(std::string name) = 0;
  virtual Task<std::shared_ptr<Machine>> find(std::int32_t id) = 0;
  // Reads a saved-state container to its end. Fails before anything runs if the machine runs, is being saved, or its
  // name belongs to another uuid.
  virtual Task<std::shared_ptr<Machine>> restore(io::Source& from, RestoreOptions options, Job& job) = 0;
  // Called on the host's own executor for every event until the returned token dies.
  virtual std::shared_ptr<void> watch(std::function<void(const LifecycleEvent&)> told) = 0;
  // Null: this host has no disks to offer.
  virtual Storage* storage() { return nullptr; }
  // Ends everything that belongs to this process, in order; machines that can outlive it go on.
  virtual Task<> close() = 0;
};

Task<std::shared_ptr<Machine>> lookup(Host& host, Uuid uuid);
Task<std::shared_ptr<Machine>> lookup(Host& host, std::string name);
Task<std::shared_ptr<Machine>> lookup(Host& host, std::int32_t id);

}  // namespace sluice::driver
