#include "daemon/strangers.h"

#include <algorithm>

namespace sluice::daemon {

Strangers::Seat Strangers::enter(std::string place, std::function<void()> to_go) {
  if (count_ >= most_) drive_one_out();
  ++count_;
  Order& there = places_[place];
  there.push_back({.place = std::move(place), .number = next_++, .to_go = std::move(to_go)});
  return std::prev(there.end());
}

void Strangers::leave(Seat seat) {
  const auto place = places_.find(seat->place);
  place->second.erase(seat);
  if (place->second.empty()) places_.erase(place);
  --count_;
}

void Strangers::drive_one_out() {
  // Of places that are equally full the one whose turn it is, whatever they are called.
  const auto before = [](const auto& one, const auto& other) {
    const Order &mine = one.second, &theirs = other.second;
    if (mine.size() != theirs.size()) return mine.size() < theirs.size();
    return mine.front().number > theirs.front().number;
  };
  const auto fullest = std::ranges::max_element(places_, before);
  const Seat oldest = fullest->second.begin();
  const auto told = std::move(oldest->to_go);
  leave(oldest);
  told();
}

}  // namespace sluice::daemon
