#include "storage/directory_ground.h"

#include <fcntl.h>

#include "storage/creation.h"
#include "storage/file_facts.h"
#include "storage/resizing.h"
#include "storage/transfer.h"
#include "storage/wiping.h"

namespace sluice::storage {

io::Task<model::PoolFigures> DirectoryGround::figures() {
  auto measure = [where = place_] { return where->figures(); };
  co_return co_await disk_->run(std::move(measure));
}

io::Task<std::vector<std::string>> DirectoryGround::names() {
  auto list = [where = place_] { return where->names(); };
  co_return co_await disk_->run(std::move(list));
}

io::Task<bool> DirectoryGround::contains(std::string name) {
  auto look = [where = place_, name = std::move(name)] { return static_cast<bool>(where->file(name, O_RDONLY)); };
  co_return co_await disk_->run(std::move(look));
}

io::Task<> DirectoryGround::create(Held volume, model::VolumeSpec spec) {
  const Access made = access(std::move(volume));
  co_await create_volume(*disk_, made, spec);
}

io::Task<> DirectoryGround::clone(Held volume, model::VolumeSpec spec, Held original) {
  const auto& where = static_cast<const DirectoryGround&>(*original.ground);  // all of this storage are such
  const Access made = access(std::move(volume)), copied = where.access(std::move(original));
  co_await clone_volume(*disk_, made, spec, copied);
}

io::Task<model::VolumeFacts> DirectoryGround::facts(Held volume) {
  auto look = [looked_at = access(std::move(volume))] {
    return facts_of(looked_at.open(O_RDONLY), *looked_at.place, looked_at.name());
  };
  model::VolumeFacts facts = co_await disk_->run(std::move(look));
  facts.incomplete = disk_->house->incomplete.contains(facts.key);
  co_return facts;
}

io::Task<> DirectoryGround::resize(Held volume, std::uint64_t capacity, driver::ResizeOptions options) {
  const Access resized = access(std::move(volume));
  co_await resize_volume(*disk_, resized, capacity, options);
}

io::Task<> DirectoryGround::wipe(Held volume) {
  const Access wiped = access(std::move(volume));
  co_await wipe_volume(*disk_, wiped);
}

io::Task<> DirectoryGround::remove(Held volume) {
  auto remove = [gone = access(std::move(volume)), house = disk_->house] {
    static_cast<void>(gone.open(O_RDONLY));  // only a volume is removed
    gone.place->remove(gone.name());
    gone.place->sync();
    house->incomplete.mark(gone.key(), false);
  };
  co_await disk_->run(std::move(remove));
}

io::Task<> DirectoryGround::upload(Held volume, driver::Range range, io::Source& from, driver::Job& job,
                                   driver::LetGo& writes) {
  Access written = access(std::move(volume));
  co_await upload_to(*disk_, std::move(written), range, from, job, writes);
}

io::Task<> DirectoryGround::download(Held volume, driver::Range range, io::Sink& to, driver::Job& job) {
  return download_from(disk_, access(std::move(volume)), range, to, job);
}

}  // namespace sluice::storage
