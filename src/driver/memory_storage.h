#pragma once
// Storage of a host that has no disks: pools are directories and volumes files only in memory, but follow the same
// rules as real ones and hold real bytes. It lives as long as the process that made it.
//
//   MemoryStorage storage({.strand = strand, .clock = clock, .memory_max = 256 * 1024 * 1024});
//   auto pool = co_await storage.create(xml, true);
//   auto volume = co_await pool->create("<volume><name>a</name><capacity>1000</capacity></volume>");
//
// Volumes are raw. They take memory for blocks that were written or are allocated, 4 KiB each, and together no more
// than memory_max: what does not fit fails with ENOSPC, and an upload leaves its volume incomplete. Strand and clock
// outlive the storage and every task on its pools and volumes. These may be held longer, but not longer than what runs
// the strand.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "driver/faults.h"
#include "driver/pools.h"
#include "io/clock.h"

namespace sluice::driver {

class MemoryTree;

struct MemoryStorageOptions {
  io::Executor strand;
  io::Clock& clock;
  std::uint64_t memory_max = 0;         // bytes of all volumes
  std::function<Faults()> faults = {};  // of the transfer that begins; from any thread; empty: none
};

class MemoryStorage final : public Storage {
 public:
  explicit MemoryStorage(const MemoryStorageOptions& options);

  // A pool that is defined, built and active from the beginning, while nobody else knows the storage yet. The XML has
  // a uuid.
  void begin_with(std::string_view pool_xml);

  Task<std::shared_ptr<Pool>> define(std::string xml) override { return pools_.define(std::move(xml)); }
  Task<std::shared_ptr<Pool>> create(std::string xml, bool build) override {
    return pools_.create(std::move(xml), build);
  }
  Task<std::vector<std::shared_ptr<Pool>>> pools() override { return pools_.all(); }
  Task<std::shared_ptr<Pool>> find_pool(Uuid uuid) override { return pools_.find(uuid); }
  Task<std::shared_ptr<Pool>> find_pool(std::string name) override { return pools_.find(std::move(name)); }
  Task<std::shared_ptr<Volume>> find_volume_by_key(std::string key) override {
    return pools_.find_volume_by_path(std::move(key));
  }
  Task<std::shared_ptr<Volume>> find_volume_by_path(std::string path) override {
    return pools_.find_volume_by_path(std::move(path));
  }
  std::shared_ptr<void> watch(std::function<void(const PoolEvent&)> told) override {
    return pools_.watch(std::move(told));
  }

 private:
  MemoryStorage(const MemoryStorageOptions& options, std::shared_ptr<MemoryTree> tree);

  const std::shared_ptr<MemoryTree> tree_;
  Pools pools_;
};

}  // namespace sluice::driver
