#include "storage/file_volume.h"

#include <fcntl.h>

#include "storage/file_facts.h"
#include "storage/resizing.h"
#include "storage/wiping.h"

namespace sluice::storage {

FileVolume::Task<model::VolumeFacts> FileVolume::facts() {
  const std::shared_ptr<const Place> place = co_await pool_->place();
  const Access looked{.place = place, .pool = pool_->name(), .name = name_, .use = nullptr};
  auto look = [looked] { return facts_of(looked.open(O_RDONLY), *looked.place, looked.name); };
  model::VolumeFacts facts = co_await disk().run(std::move(look));
  facts.incomplete = house().incomplete.contains(facts.key);
  co_return facts;
}

FileVolume::Task<driver::VolumeInfo> FileVolume::info() {
  const model::VolumeFacts known = co_await facts();
  co_return driver::VolumeInfo{.capacity = known.capacity, .allocation = known.allocation, .physical = known.physical};
}

FileVolume::Task<std::string> FileVolume::xml() {
  const model::VolumeFacts known = co_await facts();
  co_return model::print_volume(known);
}

FileVolume::Task<> FileVolume::resize(std::uint64_t capacity, driver::ResizeOptions options) {
  Access access = co_await this->access({.doing = "is being resized", .alone = true});
  co_await resize_volume(disk(), access, capacity, options);
}

FileVolume::Task<> FileVolume::wipe() {
  Access access = co_await this->access({.doing = "is being wiped", .alone = true});
  co_await wipe_volume(disk(), access);
}

FileVolume::Task<> FileVolume::remove() {
  Access access = co_await this->access({.doing = "is being deleted", .alone = true});
  auto remove = [access = access, house = house().shared_from_this()] {
    static_cast<void>(access.open(O_RDONLY));  // only a volume is removed
    access.place->remove(access.name);
    access.place->sync();
    house->incomplete.mark(access.key(), false);
  };
  co_await disk().run(std::move(remove));
}

}  // namespace sluice::storage
