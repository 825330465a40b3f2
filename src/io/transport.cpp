#include "io/transport.h"

namespace sluice::io {

std::string Identity::text() const {
  std::string out = transport;
  if (!address.empty()) out += ", " + address;
  if (!security.empty()) out += ", " + security;
  if (!name.empty()) out += ", '" + name + "'";
  if (uid) out += ", uid " + std::to_string(*uid);
  if (pid) out += ", pid " + std::to_string(*pid);
  return out;
}

}  // namespace sluice::io
