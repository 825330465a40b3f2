#include "remote/uri.h"

#include <gtest/gtest.h>

namespace sluice::remote {
namespace {

std::string complaint(std::string_view text) {
  const auto uri = Uri::parse(text);
  return uri ? "none" : uri.error().message;
}

TEST(Uri, IsTakenApart) {
  const auto uri = Uri::parse("qemu+unix:///system?socket=/run/a%20b&foo=bar");
  ASSERT_TRUE(uri) << uri.error().message;
  EXPECT_EQ(uri->scheme, "qemu");
  EXPECT_EQ(uri->transport, "unix");
  EXPECT_EQ(uri->host, "");
  EXPECT_EQ(uri->path, "/system");
  EXPECT_EQ(uri->find("socket"), "/run/a b");
  EXPECT_EQ(uri->find("absent"), std::nullopt);
}

TEST(Uri, KnowsUserHostAndPort) {
  const auto uri = Uri::parse("qemu+tls://me@[fe80::1]:16514/system");
  ASSERT_TRUE(uri) << uri.error().message;
  EXPECT_EQ(uri->user, "me");
  EXPECT_EQ(uri->host, "fe80::1");
  EXPECT_EQ(uri->port, 16514U);
  EXPECT_EQ(Uri::parse("qemu://web.example:1/x")->host, "web.example");
}

TEST(Uri, ReachesTheDaemonWithoutWhatOnlyTheClientNeeds) {
  EXPECT_EQ(Uri::parse("qemu+unix:///system?socket=/x&foo=bar")->for_daemon({"socket"}), "qemu:///system?foo=bar");
  EXPECT_EQ(Uri::parse("test+unix:///default?socket=/x")->for_daemon({"socket"}), "test:///default");
}

TEST(Uri, IsTextAgain) {
  for (const std::string text : {"qemu:///system", "qemu+tls://me@[::1]:5/p%20q?a=b%26&c=", "test:///default"}) {
    EXPECT_EQ(Uri::parse(text)->text(), text);
  }
}

TEST(Uri, SaysWhatIsWrongWithIt) {
  EXPECT_EQ(complaint(""), "cannot connect to '': it is empty");
  EXPECT_EQ(complaint("web1"), "cannot connect to 'web1': it is not of the form DRIVER[+TRANSPORT]://[HOST]/PATH");
  EXPECT_EQ(complaint("://x"), "cannot connect to '://x': nothing stands before '://'");
  EXPECT_EQ(complaint("qemu+:///x"), "cannot connect to 'qemu+:///x': nothing follows the '+'");
  EXPECT_EQ(complaint("q em:///x"), "cannot connect to 'q em:///x': 'q em' is no name of a driver and transport");
  EXPECT_EQ(complaint("q://h:99999/"), "cannot connect to 'q://h:99999/': '99999' is no port");
  EXPECT_EQ(complaint("q://[::1/"), "cannot connect to 'q://[::1/': the '[' of its host is not closed");
  EXPECT_EQ(complaint("q:///%4"), "cannot connect to 'q:///%4': a '%' in it is not followed by two hexadecimal digits");
  EXPECT_EQ(complaint("q:///%00"), "cannot connect to 'q:///%00': it contains a zero byte");
  EXPECT_EQ(complaint("q:///x#y"), "cannot connect to 'q:///x#y': it has a '#' part, which means nothing here");
  EXPECT_EQ(complaint("q:///x?=y"), "cannot connect to 'q:///x?=y': a value of its query has no name");
  EXPECT_NE(complaint(std::string(10'000, 'x')).find("more than 8192 bytes"), std::string::npos);
}

}  // namespace
}  // namespace sluice::remote
