#include "storage/draft.h"

#include <sys/stat.h>
#include <unistd.h>

#include "io/failure.h"
#include "io/random.h"

namespace sluice::storage {

Draft::Draft(io::Disk& disk, std::shared_ptr<const Place> place) : disk_(disk), place_(std::move(place)) {
  std::string name = std::string(draft_prefix) + io::random_letters(12);
  file_ = place_->create(name);
  name_ = std::move(name);
}

Draft::~Draft() {
  // Whoever drops it may be an event loop: freeing the blocks of a large file takes time, and closing it may wait for
  // its disk.
  const io::Disk::Lane lane = disk_.lane_of(file_.get());
  lane.submit([place = place_, name = std::move(name_), file = std::move(file_)] {
    if (!name.empty()) place->forget(name);
  });
}

void Draft::complete(const model::Permissions& permissions) const {
  const auto done = [this](int result) {
    if (result != 0) io::fail_with_errno("cannot complete a new file in '" + place_->path() + "'");
  };
  const uid_t owner = permissions.owner.value_or(static_cast<uid_t>(-1));
  const gid_t group = permissions.group.value_or(static_cast<gid_t>(-1));
  if (permissions.owner || permissions.group) done(::fchown(file_.get(), owner, group));
  if (permissions.mode) done(::fchmod(file_.get(), *permissions.mode));
  done(::fsync(file_.get()));
}

void Draft::publish(const std::string& volume) {
  if (!place_->rename(name_, volume)) {
    io::fail(Code::storage_vol_exist, "there is a file '" + place_->path_of(volume) + "' already",
             ErrorDomain::storage);
  }
  name_.clear();
  place_->sync();
}

}  // namespace sluice::storage
