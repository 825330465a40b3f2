#include "driver/uses.h"

#include "io/failure.h"

namespace sluice::driver {

std::shared_ptr<void> Uses::take(const std::string& volume, Use use) {
  const std::lock_guard lock(mutex_);
  const auto others = uses_.find(volume);
  if (others != uses_.end() && (use.alone || others->second.front().alone)) {
    io::fail(Code::operation_invalid,
             "volume '" + volume + "' of storage pool '" + pool_ + "' " + others->second.front().doing,
             ErrorDomain::storage);
  }
  OfVolume& of_volume = uses_[volume];
  const auto mine = of_volume.insert(of_volume.end(), std::move(use));
  return {nullptr, [self = shared_from_this(), volume, mine](void*) { self->end(volume, mine); }};
}

bool Uses::any() const {
  const std::lock_guard lock(mutex_);
  return !uses_.empty();
}

void Uses::end(const std::string& volume, OfVolume::iterator use) {
  const std::lock_guard lock(mutex_);
  const auto of_volume = uses_.find(volume);
  of_volume->second.erase(use);
  if (of_volume->second.empty()) uses_.erase(of_volume);
}

}  // namespace sluice::driver
