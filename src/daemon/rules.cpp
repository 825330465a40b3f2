#include "daemon/rules.h"

#include <algorithm>

#include "secure/allowed_names.h"

namespace sluice::daemon {
namespace {

struct Known {
  std::vector<std::string> Rule::* kind;
  std::string name;
};

// What was shown last counts, and most.
Known known(const io::Identity& who) {
  if (!who.user.empty()) return {&Rule::users, who.user};
  // Over what is encrypted nobody is a local user; a certificate may have no name at all.
  if (!who.name.empty() || !who.security.empty()) return {&Rule::certificates, who.name};
  return {&Rule::local, who.uid ? std::to_string(*who.uid) : ""};
}

}  // namespace

remote::Role Rules::role_of(const io::Identity& who, remote::Role at_door) const {
  const Known shown = known(who);
  bool spoken_of = false;
  for (const Rule& rule : rules_) {
    const std::vector<std::string>& patterns = rule.*shown.kind;
    spoken_of = spoken_of || !patterns.empty();
    const auto fits = [&shown](const std::string& pattern) { return secure::matches(pattern, shown.name); };
    if (std::ranges::any_of(patterns, fits)) return std::min(rule.role, at_door);
  }
  return spoken_of ? remote::Role::none : at_door;
}

}  // namespace sluice::daemon
