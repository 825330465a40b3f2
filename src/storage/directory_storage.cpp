#include "storage/directory_storage.h"

#include "storage/directories.h"

namespace sluice::storage {

DirectoryStorage::DirectoryStorage(Surroundings surroundings)
    : house_(std::make_shared<House>(std::move(surroundings))),
      pools_(house_->around.strand, house_->around.clock, std::make_unique<Directories>(house_)) {}

DirectoryStorage::~DirectoryStorage() = default;

io::Task<> DirectoryStorage::load() {
  auto read = [house = house_] {
    house->incomplete.load();
    return house->around.store.pools();
  };
  std::vector<driver::PoolDefinition> definitions = co_await house_->disk.run(std::move(read));
  co_await pools_.load(std::move(definitions), house_->around.log);
}

}  // namespace sluice::storage
