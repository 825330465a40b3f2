#pragma once
// Whom QEMU runs as. A daemon that is not root can only run it as itself; root's daemon never runs it as root.
//
//   std::optional<Account> account = qemu_account("");     // throws if that would be root

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace sluice::qemu {

struct Account {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // supplementary, without root's
  bool fallback = false;      // the proper user does not exist
};

// Nothing when we are not root. `wanted` empty: sluice-qemu, or nobody where that user does not exist.
std::optional<Account> qemu_account(const std::string& wanted);

}  // namespace sluice::qemu
