#pragma once
// The pools of one storage, whatever they stand on: who is who, which are there, and what is looked up in them. A
// Storage holds one and hands its calls on. Pool and Volume objects may be held longer than this.
//
//   Pools pools(strand, clock, std::make_unique<Directories>(house));
//   co_await pools.load(definitions, log);                    // those with the autostart mark are started
//   auto pool = co_await pools.define(xml);

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "driver/ground.h"
#include "io/log.h"

namespace sluice::driver {

class Pools {
 public:
  Pools(io::Executor strand, io::Clock& clock, std::unique_ptr<Grounds> grounds);
  Pools(const Pools&) = delete;
  Pools& operator=(const Pools&) = delete;
  ~Pools();

  // Once, before anything else. A pool that cannot be read or started is logged, and the others are there.
  Task<> load(std::vector<PoolDefinition> definitions, io::Logger log);
  // A pool that is defined and active from the beginning, while nobody else knows these pools yet.
  void begin_with(model::PoolSpec spec, std::shared_ptr<Ground> ground);

  // As Storage promises.
  Task<std::shared_ptr<Pool>> define(std::string xml);
  Task<std::shared_ptr<Pool>> create(std::string xml, bool build);
  Task<std::vector<std::shared_ptr<Pool>>> all();
  Task<std::shared_ptr<Pool>> find(Uuid uuid);
  Task<std::shared_ptr<Pool>> find(std::string name);
  Task<std::shared_ptr<Volume>> find_volume_by_path(std::string path);  // which is its key, too
  std::shared_ptr<void> watch(std::function<void(const PoolEvent&)> told);

 private:
  struct Inside;
  std::shared_ptr<Inside> inside_;
};

}  // namespace sluice::driver
