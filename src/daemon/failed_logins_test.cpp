#include "daemon/failed_logins.h"

#include <gtest/gtest.h>

namespace sluice::daemon {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{1'000'000s};

void fail_often(FailedLogins& logins, const std::string& place, std::size_t times, Instant when = start) {
  for (std::size_t i = 0; i < times; ++i) logins.failed(place, when);
}

TEST(FailedLogins, SomeMayFailAtOnceAndThenOneInSixSeconds) {
  FailedLogins logins;
  fail_often(logins, "192.0.2.1", FailedLogins::at_once - 1);
  EXPECT_TRUE(logins.may_try("192.0.2.1", start));
  EXPECT_TRUE(logins.failed("192.0.2.1", start)) << "the first that is too much";
  EXPECT_FALSE(logins.failed("192.0.2.2", start));
  EXPECT_FALSE(logins.may_try("192.0.2.1", start));
  EXPECT_FALSE(logins.may_try("192.0.2.1", start + 5s));
  EXPECT_TRUE(logins.may_try("192.0.2.1", start + 6s));
  logins.failed("192.0.2.1", start + 6s);
  EXPECT_FALSE(logins.may_try("192.0.2.1", start + 6s));
}

TEST(FailedLogins, ManyAtOnceCostNoMoreThanTheFirstOfThem) {
  FailedLogins logins;
  fail_often(logins, "192.0.2.1", 1000);
  EXPECT_FALSE(logins.may_try("192.0.2.1", start + 5s));
  EXPECT_TRUE(logins.may_try("192.0.2.1", start + 6s));
}

TEST(FailedLogins, EachPlaceIsForItself) {
  FailedLogins logins;
  fail_often(logins, "192.0.2.1", 100);
  EXPECT_FALSE(logins.may_try("192.0.2.1", start));
  EXPECT_TRUE(logins.may_try("192.0.2.2", start));
}

TEST(FailedLogins, AllIsForgivenWithTime) {
  FailedLogins logins;
  fail_often(logins, "192.0.2.1", FailedLogins::at_once);
  const Instant later = start + FailedLogins::one_in * FailedLogins::at_once;
  fail_often(logins, "192.0.2.1", FailedLogins::at_once - 1, later);
  EXPECT_TRUE(logins.may_try("192.0.2.1", later));
}

TEST(FailedLogins, OfTooManyPlacesThoseThatFailedLeastAreForgotten) {
  FailedLogins logins;
  fail_often(logins, "192.0.2.1", FailedLogins::at_once);
  for (std::size_t i = 0; i < FailedLogins::places_max + 10; ++i) logins.failed("place " + std::to_string(i), start);
  EXPECT_FALSE(logins.may_try("192.0.2.1", start));
}

TEST(FailedLogins, APlaceIsAnAddressANetworkOrAUser) {
  const auto at = [](const std::string& address) {
    return place_of({.transport = "tcp", .uid = {}, .gid = {}, .pid = {}, .address = address});
  };
  EXPECT_EQ(at("192.0.2.1:4711"), "192.0.2.1");
  EXPECT_EQ(at("[::ffff:192.0.2.1]:4711"), "192.0.2.1");
  EXPECT_EQ(at("[2001:db8:1:2:3:4:5:6]:4711"), at("[2001:db8:1:2::1]:4712"));
  EXPECT_NE(at("[2001:db8:1:2::1]:4711"), at("[2001:db8:1:3::1]:4711"));
  EXPECT_EQ(place_of({.transport = "unix", .uid = 1000, .gid = {}, .pid = {}}), "uid 1000");
}

}  // namespace
}  // namespace sluice::daemon
