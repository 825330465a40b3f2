#include "io/transport.h"

namespace sluice::io {

std::string Identity::text() const {
  std::string out = transport;
  if (!address.empty()) out += ", " + address;
  if (!security.empty()) out += ", " + security;
  if (!name.empty()) out += ", '" + name + "'";
  if (!user.empty()) out += ", user '" + user + "'";
  if (uid) out += ", uid " + std::to_string(*uid);
  if (pid) out += ", pid " + std::to_string(*pid);
  return out;
}

std::string Identity::principal() const {
  if (!user.empty()) return "user " + user;
  if (!name.empty()) return "certificate " + name;
  return uid ? "uid " + std::to_string(*uid) : "";
}

}  // namespace sluice::io
