#pragma once
// The storage whose pools are directories of this host and whose volumes are files in them.
//
//   DirectoryStorage storage({asio::make_strand(executor), disk, clock, store, log, "/usr/bin/qemu-img"});
//   co_await storage.load();                                  // definitions; pools with the autostart mark are started
//   auto pool = co_await storage.define(xml);
//
// What is known of pools lives on the strand; the file system and the store are asked on the threads of `disk`; the
// bytes of transfers stay on the executor of the caller. All that it lives in outlives the storage and every task on
// its pools and volumes. Pool and Volume objects may be held longer.

#include <memory>
#include <string>
#include <vector>

#include "driver/pools.h"
#include "driver/storage.h"
#include "driver/store.h"
#include "io/clock.h"
#include "io/disk.h"
#include "io/log.h"
#include "io/task.h"

namespace sluice::storage {

struct Surroundings {
  io::Executor strand;
  io::Disk& disk;
  io::Clock& clock;
  driver::Store& store;
  io::Logger log;
  std::string qemu_img;  // path of the program that makes and changes images other than raw ones
};

class House;

class DirectoryStorage final : public driver::Storage {
 public:
  explicit DirectoryStorage(Surroundings surroundings);
  DirectoryStorage(const DirectoryStorage&) = delete;
  DirectoryStorage& operator=(const DirectoryStorage&) = delete;
  ~DirectoryStorage() override;

  // Once, before anything else. A pool that cannot be read or started is logged, and the others are there.
  io::Task<> load();

  io::Task<std::shared_ptr<driver::Pool>> define(std::string xml) override { return pools_.define(std::move(xml)); }
  io::Task<std::shared_ptr<driver::Pool>> create(std::string xml, bool build) override {
    return pools_.create(std::move(xml), build);
  }
  io::Task<std::vector<std::shared_ptr<driver::Pool>>> pools() override { return pools_.all(); }
  io::Task<std::shared_ptr<driver::Pool>> find_pool(Uuid uuid) override { return pools_.find(uuid); }
  io::Task<std::shared_ptr<driver::Pool>> find_pool(std::string name) override { return pools_.find(std::move(name)); }
  io::Task<std::shared_ptr<driver::Volume>> find_volume_by_key(std::string key) override {
    return pools_.find_volume_by_path(std::move(key));
  }
  io::Task<std::shared_ptr<driver::Volume>> find_volume_by_path(std::string path) override {
    return pools_.find_volume_by_path(std::move(path));
  }
  std::shared_ptr<void> watch(std::function<void(const driver::PoolEvent&)> told) override {
    return pools_.watch(std::move(told));
  }

 private:
  const std::shared_ptr<House> house_;
  driver::Pools pools_;
};

}  // namespace sluice::storage
