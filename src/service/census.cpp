#include "service/census.h"

#include <algorithm>

namespace sluice::service {

Count Census::Home::count() const {
  Count count{.past = gone_, .present = {}};
  for (const Counted* const connection : here_) count += connection->count();
  return count;
}

Census::Seat::Seat(Census& census, const io::Executor& executor, const Counted& who)
    : home_(census.home_of(executor)), who_(who) {
  home_->here_.insert(&who_);
}

Census::Seat::~Seat() {
  home_->here_.erase(&who_);
  home_->gone_ += who_.count().past;
}

std::vector<std::shared_ptr<const Census::Home>> Census::homes() const {
  const std::lock_guard lock(mutex_);
  return {homes_.begin(), homes_.end()};
}

std::shared_ptr<Census::Home> Census::home_of(const io::Executor& executor) {
  const std::lock_guard lock(mutex_);
  const auto known = std::ranges::find(homes_, executor, [](const auto& home) { return home->executor(); });
  if (known != homes_.end()) return *known;
  return homes_.emplace_back(std::make_shared<Home>(executor));
}

}  // namespace sluice::service
