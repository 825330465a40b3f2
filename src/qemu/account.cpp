#include "qemu/account.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>

#include "io/failure.h"

namespace sluice::qemu {
namespace {

std::optional<Account> account_of(const std::string& name) {
  std::vector<char> room(64 * 1024);
  passwd entry{};
  passwd* found = nullptr;
  const int error = ::getpwnam_r(name.c_str(), &entry, room.data(), room.size(), &found);
  if (error != 0) {
    io::fail(Code::system_error, "cannot look up user '" + name + "': " + system_failure("", error).message);
  }
  if (found == nullptr) return std::nullopt;
  Account account{.name = name, .uid = entry.pw_uid, .gid = entry.pw_gid};
  int count = 256;
  account.groups.resize(256);
  if (::getgrouplist(name.c_str(), account.gid, account.groups.data(), &count) < 0) count = 0;
  account.groups.resize(static_cast<std::size_t>(count));
  std::erase(account.groups, 0);
  return account;
}

}  // namespace

std::optional<Account> qemu_account(const std::string& wanted) {
  if (::geteuid() != 0) return std::nullopt;
  std::optional<Account> account = account_of(wanted.empty() ? "sluice-qemu" : wanted);
  if (!account && wanted.empty()) {
    account = account_of("nobody");
    if (account) account->fallback = true;
  }
  if (!account)
    io::fail(Code::config_unsupported,
             "there is no user '" + (wanted.empty() ? "sluice-qemu" : wanted) + "' for QEMU to run as");
  if (account->uid == 0 || account->gid == 0) {
    io::fail(Code::config_unsupported, "QEMU must not run as user '" + account->name + "': that is root");
  }
  return account;
}

}  // namespace sluice::qemu
