#include "storage/directories.h"

#include "storage/directory_ground.h"
#include "storage/pool_directory.h"

namespace sluice::storage {

io::Task<> DirectorySite::make(model::PoolSpec spec, std::shared_ptr<void> change) {
  auto make = [spec = std::move(spec), change = std::move(change)] { make_directory(spec); };
  co_await disk_->run(std::move(make));
}

io::Task<> DirectorySite::take_away(std::string path, std::shared_ptr<void> change) {
  auto remove = [path = std::move(path), change = std::move(change)] { remove_directory(path); };
  co_await disk_->run(std::move(remove));
}

io::Task<std::shared_ptr<driver::Ground>> DirectorySite::open(std::string path, driver::Opening opening,
                                                              std::shared_ptr<void> change) {
  auto open = [path = std::move(path), opening, change = std::move(change)] {
    std::shared_ptr<const Place> place = Place::open(path);
    if (opening == driver::Opening::first) {
      place->forget_drafts();
    } else {
      static_cast<void>(place->names());  // or it is told now that they cannot be read
    }
    return place;
  };
  std::shared_ptr<const Place> place = co_await disk_->run(std::move(open));
  co_return std::make_shared<DirectoryGround>(disk_, std::move(place));
}

io::Task<> Directories::put(driver::PoolDefinition definition) {
  auto put = [&store = house_->around.store, definition = std::move(definition)] { store.put(definition); };
  co_await house_->disk.run_for_sure(std::move(put));
}

io::Task<> Directories::remove_definition(Uuid uuid) {
  auto remove = [&store = house_->around.store, uuid] { store.remove_pool(uuid); };
  co_await house_->disk.run_for_sure(std::move(remove));
}

}  // namespace sluice::storage
