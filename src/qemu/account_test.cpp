#include "qemu/account.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "io/failure.h"

namespace sluice::qemu {
namespace {

TEST(Account, OnlyRootsDaemonChoosesOne) {
  const auto account = qemu_account("");
  EXPECT_EQ(account.has_value(), ::geteuid() == 0);
  if (!account) return;
  EXPECT_NE(account->uid, 0U);
  EXPECT_NE(account->gid, 0U);
  for (const gid_t group : account->groups) EXPECT_NE(group, 0U);
}

TEST(Account, NeverRootAndNeverNobodyKnowsWho) {
  if (::geteuid() != 0) {
    EXPECT_FALSE(qemu_account("root"));  // the daemon's own user is all there is
    return;
  }
  EXPECT_THROW(qemu_account("root"), io::Failure);
  EXPECT_THROW(qemu_account("no-such-user-here"), io::Failure);
  EXPECT_EQ(qemu_account("nobody")->name, "nobody");
}

}  // namespace
}  // namespace sluice::qemu
