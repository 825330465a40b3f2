#pragma once
// What all lists have in common: filters by flags, and how much one reply may name.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "io/failure.h"

namespace sluice::service {

// Of a pair of flags that exclude each other: neither, both, or the one that is true lets a thing through.
inline bool pair_matches(std::uint32_t flags, std::uint32_t yes, std::uint32_t no, bool is) {
  const std::uint32_t asked = flags & (yes | no);
  return asked == 0 || (asked & (is ? yes : no)) != 0;
}

template <class List>
void check_count(const List& list, std::string_view what) {
  if (list.items.size() <= List::max) return;
  io::fail(Code::overflow, "there are " + std::to_string(list.items.size()) + " " + std::string(what) +
                               ", more than one reply may name");
}

// Old lists say how many names the client has room for.
inline void cut_to(std::vector<std::string>& names, std::int32_t wanted) {
  const auto room = static_cast<std::size_t>(std::clamp(wanted, 0, 16384));
  if (names.size() > room) names.resize(room);
}

}  // namespace sluice::service
