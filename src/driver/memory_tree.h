#pragma once
// What the pools of a MemoryStorage stand on: MemoryTree knows which directories there are, by their paths, and
// outlives the pools it is shared by. On the strand, or by whoever alone knows the storage yet.

#include <map>
#include <memory>
#include <string>

#include "driver/memory_ground.h"

namespace sluice::driver {

class MemoryTree {
 public:
  explicit MemoryTree(std::shared_ptr<const MemoryDisk> disk) : disk_(std::move(disk)) {}

  std::shared_ptr<MemoryGround> made(const std::string& path);  // new, or the one that is there
  std::shared_ptr<MemoryGround> open(const std::string& path) const;
  void take_away(const std::string& path);

 private:
  const std::shared_ptr<const MemoryDisk> disk_;
  std::map<std::string, std::shared_ptr<MemoryGround>> by_path_;
};

class MemorySite final : public Site {
 public:
  explicit MemorySite(std::shared_ptr<MemoryTree> tree) : tree_(std::move(tree)) {}

  Task<> make(model::PoolSpec spec, std::shared_ptr<void> change) override;
  Task<> take_away(std::string path, std::shared_ptr<void> change) override;
  Task<std::shared_ptr<Ground>> open(std::string path, Opening opening, std::shared_ptr<void> change) override;

 private:
  const std::shared_ptr<MemoryTree> tree_;
};

class MemoryGrounds final : public Grounds {
 public:
  explicit MemoryGrounds(std::shared_ptr<MemoryTree> tree) : tree_(std::move(tree)) {}

  std::unique_ptr<Site> site(const std::string& /*pool*/) override { return std::make_unique<MemorySite>(tree_); }
  // Nothing here outlives the storage.
  Task<> put(PoolDefinition) override { co_return; }
  Task<> remove_definition(Uuid) override { co_return; }

 private:
  const std::shared_ptr<MemoryTree> tree_;
};

}  // namespace sluice::driver
