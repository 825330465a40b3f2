#include "secure/allowed_names.h"

#include <algorithm>

namespace sluice::secure {

bool AllowedNames::allow(std::string_view distinguished_name) const {
  return !patterns_ || std::ranges::any_of(*patterns_, [&](const std::string& pattern) {
    return matches(pattern, distinguished_name);
  });
}

// Only the last star needs another try: what an earlier one could take, it can take as well. So hostile names cost no
// more than the product of both lengths.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      ++t;
      while (t < text.size() && (static_cast<unsigned char>(text[t]) & 0xc0) == 0x80) ++t;  // a character of UTF-8
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.substr(p).find_first_not_of('*') == std::string_view::npos;
}

}  // namespace sluice::secure
