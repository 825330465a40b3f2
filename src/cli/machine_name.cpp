#include "cli/machine_name.h"

#include <algorithm>
#include <charconv>

namespace sluice::cli {
namespace {

bool looks_like_uuid(const std::string& called) {
  return (called.size() == 36 || called.size() == 32) &&
         called.find_first_not_of("0123456789abcdefABCDEF-") == std::string::npos;
}

}  // namespace

Domain find_machine(const Host& host, const std::string& called) {
  if (auto named = host.find(called)) return *named;
  if (looks_like_uuid(called)) return host.lookup_uuid(called);
  int id = 0;
  const auto [end, error] = std::from_chars(called.data(), called.data() + called.size(), id);
  if (error == std::errc() && end == called.data() + called.size()) return host.lookup_id(id);
  return host.lookup(called);
}

}  // namespace sluice::cli
