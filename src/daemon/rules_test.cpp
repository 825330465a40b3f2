#include "daemon/rules.h"

#include <gtest/gtest.h>

namespace sluice::daemon {
namespace {

using enum remote::Role;

io::Identity local(unsigned uid) { return {.transport = "unix", .uid = uid, .gid = uid, .pid = 1}; }
io::Identity certified(const std::string& name) {
  return {.transport = "tcp", .uid = {}, .gid = {}, .pid = {}, .name = name};
}
io::Identity logged_in(const std::string& user, const std::string& certificate = "") {
  return {.transport = "tcp", .uid = {}, .gid = {}, .pid = {}, .name = certificate, .user = user};
}

TEST(Rules, WithoutAnyTheDoorDecides) {
  const Rules rules({});
  EXPECT_EQ(rules.role_of(local(0), admin), admin);
  EXPECT_EQ(rules.role_of(local(0), monitor), monitor);
  EXPECT_EQ(rules.role_of(certified("CN=a"), admin), admin);
}

TEST(Rules, TheFirstThatFitsCounts) {
  const Rules rules({{.users = {"alice"}, .role = operate}, {.users = {"*"}, .role = monitor}});
  EXPECT_EQ(rules.role_of(logged_in("alice"), admin), operate);
  EXPECT_EQ(rules.role_of(logged_in("alice2"), admin), monitor);
}

TEST(Rules, WhoFitsNoneMayDoNothing) {
  const Rules rules({{.certificates = {"C=GB,*"}, .role = admin}});
  EXPECT_EQ(rules.role_of(certified("C=GB,CN=a"), admin), admin);
  EXPECT_EQ(rules.role_of(certified("C=FR,CN=a"), admin), none);
}

TEST(Rules, EachKindOfNameIsForItself) {
  const Rules rules({{.users = {"alice"}, .role = admin}});
  EXPECT_EQ(rules.role_of(local(0), admin), admin) << "nobody is locked out of his own machine by a rule for others";
  EXPECT_EQ(rules.role_of(certified("alice"), admin), admin);
  EXPECT_EQ(rules.role_of(logged_in("bob"), admin), none);
}

TEST(Rules, ACertificateWithoutANameIsNoLocalUser) {
  io::Identity nameless = certified("");
  nameless.security = "TLSv1.3, TLS_AES_128_GCM_SHA256";
  EXPECT_EQ(Rules({{.certificates = {"CN=a"}, .role = admin}}).role_of(nameless, admin), none);
  EXPECT_EQ(Rules({{.certificates = {"*"}, .role = monitor}}).role_of(nameless, admin), monitor);
}

TEST(Rules, NobodyGetsMoreThanHisDoorGives) {
  const Rules rules({{.local = {"1000"}, .role = admin}});
  EXPECT_EQ(rules.role_of(local(1000), monitor), monitor);
  EXPECT_EQ(rules.role_of(local(10001), admin), none);
}

TEST(Rules, WhoHasLoggedInIsHisUserAndNotHisCertificate) {
  const Rules rules({{.certificates = {"*"}, .role = admin}, {.users = {"bob"}, .role = monitor}});
  EXPECT_EQ(rules.role_of(logged_in("bob", "CN=bob"), admin), monitor);
  EXPECT_EQ(rules.role_of(logged_in("alice", "CN=alice"), admin), none);
}

}  // namespace
}  // namespace sluice::daemon
