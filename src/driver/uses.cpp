#include "driver/uses.h"

#include "io/failure.h"

namespace sluice::driver {

std::shared_ptr<void> Uses::take(const std::string& volume, Use use) {
  auto taken = std::make_unique<const Use>(std::move(use));
  const std::lock_guard lock(mutex_);
  const auto [first, last] = uses_.equal_range(volume);
  for (auto each = first; each != last; ++each) {
    if (!taken->alone && !each->second->alone) continue;
    io::fail(Code::operation_invalid, "volume '" + volume + "' of storage pool '" + pool_ + "' " + each->second->doing,
             ErrorDomain::storage);
  }
  const Use* mine = taken.get();
  uses_.emplace(volume, std::move(taken));
  return {nullptr, [self = shared_from_this(), volume, mine](void*) { self->end(volume, mine); }};
}

bool Uses::any() const {
  const std::lock_guard lock(mutex_);
  return !uses_.empty();
}

void Uses::end(const std::string& volume, const Use* use) {
  const std::lock_guard lock(mutex_);
  const auto [first, last] = uses_.equal_range(volume);
  for (auto each = first; each != last; ++each) {
    if (each->second.get() != use) continue;
    uses_.erase(each);
    return;
  }
}

}  // namespace sluice::driver
