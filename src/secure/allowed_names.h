#pragma once
// Who of a CA's clients may connect: distinguished names, exact or as patterns in which `*` stands for any characters
// and `?` for one. No list allows everybody, an empty one nobody.
//
//   AllowedNames names({"C=GB,O=Probe,CN=client?"});
//   if (!names.allow("C=GB,O=Probe,CN=client1")) ...

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::secure {

// fnmatch would take brackets and backslashes for its own; in a distinguished name they stand for themselves.
bool matches(std::string_view pattern, std::string_view text);

class AllowedNames {
 public:
  explicit AllowedNames(std::optional<std::vector<std::string>> patterns) : patterns_(std::move(patterns)) {}
  bool allow(std::string_view distinguished_name) const;
  bool anybody() const { return !patterns_; }

 private:
  std::optional<std::vector<std::string>> patterns_;
};

}  // namespace sluice::secure
