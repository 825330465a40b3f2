#pragma once
// A host without a hypervisor: machines live in memory, follow the real life cycle, are saved into real containers and
// verify every byte when they are restored; so do the volumes of its storage. Deterministic with a FakeClock, and able
// to fail on command. It stands behind test:///default and in every test above the driver.
//
//   MemoryHost host(executor, clock);
//   auto machine = co_await host.define(xml);
//   host.set_faults({.save_fails_at = 100'000});
//   ...
//   co_await host.close();
//
//   // One machine, 'test', runs already, and the pool 'default-pool' is active.
//   auto host = MemoryHost::with_default_machine(executor, clock);
//
// Executor and clock outlive the host and every task on its machines. Machine objects may be held longer.

#include <memory>
#include <string>
#include <vector>

#include "driver/faults.h"
#include "driver/host.h"
#include "io/clock.h"

namespace sluice::driver {

struct MemoryHostOptions {
  std::uint64_t guest_memory_max = 8 * 1024 * 1024;     // bytes of a guest's memory that really are in its state
  std::uint64_t volume_memory_max = 256 * 1024 * 1024;  // bytes that all volumes may take together
};

class MemoryHost final : public Host {
 public:
  MemoryHost(const io::Executor& executor, io::Clock& clock, MemoryHostOptions options = {});
  static std::unique_ptr<MemoryHost> with_default_machine(const io::Executor& executor, io::Clock& clock,
                                                          MemoryHostOptions options = {});
  ~MemoryHost() override;
  MemoryHost(const MemoryHost&) = delete;
  MemoryHost& operator=(const MemoryHost&) = delete;

  void set_faults(Faults faults);  // for what begins from now on; from any thread

  Task<HostFacts> facts() override;
  Task<std::shared_ptr<Machine>> define(std::string xml) override;
  Task<std::shared_ptr<Machine>> create(std::string xml, StartOptions options) override;
  Task<std::vector<std::shared_ptr<Machine>>> machines() override;
  Task<std::shared_ptr<Machine>> find(Uuid uuid) override;
  Task<std::shared_ptr<Machine>> find(std::string name) override;
  Task<std::shared_ptr<Machine>> find(std::int32_t id) override;
  Task<std::shared_ptr<Machine>> restore(io::Source& from, RestoreOptions options, Job& job) override;
  std::shared_ptr<void> watch(std::function<void(const LifecycleEvent&)> told) override;
  Storage* storage() override;  // lives as long as the host
  Task<> close() override;

 private:
  struct Inside;
  std::shared_ptr<Inside> inside_;
};

}  // namespace sluice::driver
