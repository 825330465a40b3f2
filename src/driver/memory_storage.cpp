#include "driver/memory_storage.h"

#include "driver/memory_tree.h"
#include "io/failure.h"

namespace sluice::driver {
namespace {

std::shared_ptr<MemoryTree> tree_for(const MemoryStorageOptions& options) {
  const MemoryDisk disk{.strand = options.strand,
                        .clock = options.clock,
                        .faults = options.faults ? options.faults : [] { return Faults{}; },
                        .room = std::make_shared<Room>(options.memory_max)};
  return std::make_shared<MemoryTree>(std::make_shared<const MemoryDisk>(disk));
}

}  // namespace

MemoryStorage::MemoryStorage(const MemoryStorageOptions& options) : MemoryStorage(options, tree_for(options)) {}

MemoryStorage::MemoryStorage(const MemoryStorageOptions& options, std::shared_ptr<MemoryTree> tree)
    : tree_(std::move(tree)), pools_(options.strand, options.clock, std::make_unique<MemoryGrounds>(tree_)) {}

void MemoryStorage::begin_with(std::string_view pool_xml) {
  model::PoolSpec spec = io::or_throw(model::parse_pool(pool_xml));
  std::shared_ptr<Ground> ground = tree_->made(spec.path);
  pools_.begin_with(std::move(spec), std::move(ground));
}

}  // namespace sluice::driver
