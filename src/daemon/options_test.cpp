#include "daemon/options.h"

#include <gtest/gtest.h>

#include <vector>

#include "io/failure.h"

namespace sluice::daemon {
namespace {

Parsed parsed(std::vector<const char*> words, const Whoami& me = {.root = true}) {
  words.insert(words.begin(), "sluiced");
  return parse(static_cast<int>(words.size()), words.data(), me);
}

TEST(DaemonOptions, RootHasThePlacesOfTheSystem) {
  const Parsed got = parsed({});
  ASSERT_FALSE(got.exit_code);
  EXPECT_EQ(got.options.state_directory, "/var/lib/sluice");
  EXPECT_EQ(got.options.socket, "/run/sluice/sluice-sock");
  EXPECT_EQ(got.options.read_only_socket, "/run/sluice/sluice-sock-ro");
  EXPECT_EQ(got.options.host, HostKind::automatic);
}

TEST(DaemonOptions, AnOrdinaryUserHasPlacesOfHisOwn) {
  const Whoami me{.root = false, .runtime_directory = "/run/user/7", .state_home = "", .home = "/home/u"};
  const Parsed got = parsed({}, me);
  ASSERT_FALSE(got.exit_code);
  EXPECT_EQ(got.options.state_directory, "/home/u/.local/state/sluice");
  EXPECT_EQ(got.options.socket, "/run/user/7/sluice/sluice-sock");
  EXPECT_EQ(got.options.read_only_socket, "");
  const Whoami other{.root = false, .runtime_directory = "/r", .state_home = "/s", .home = "/home/u"};
  EXPECT_EQ(parsed({}, other).options.state_directory, "/s/sluice");
}

TEST(DaemonOptions, APrivateDaemonTouchesNothingElse) {
  const Parsed got = parsed({"--state-dir", "/tmp/x"});
  EXPECT_EQ(got.options.socket, "/tmp/x/sluice-sock");
  EXPECT_EQ(got.options.read_only_socket, "");
  const Parsed both = parsed({"--state-dir=/tmp/x", "--socket=/tmp/y", "--host", "test", "--foreground"});
  EXPECT_EQ(both.options.socket, "/tmp/y");
  EXPECT_EQ(both.options.host, HostKind::test);
  EXPECT_EQ(parsed({"--host=qemu"}).options.host, HostKind::qemu);
}

TEST(DaemonOptions, LevelsOfTheLogAreWords) {
  EXPECT_EQ(parsed({"--log-level", "debug"}).options.log_level, io::LogLevel::debug);
  testing::internal::CaptureStderr();
  EXPECT_EQ(parsed({"--log-level", "loud"}).exit_code, 2);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("'loud' is none of"), std::string::npos);
}

TEST(DaemonOptions, TlsHasLibvirtsPortAndPlacesUnlessToldOtherwise) {
  const Parsed got = parsed({"--tls", "0.0.0.0"});
  ASSERT_FALSE(got.exit_code);
  EXPECT_EQ(got.options.tls->address, "0.0.0.0");
  EXPECT_EQ(got.options.tls->port, 16514);
  EXPECT_EQ(got.options.pki, "");
  EXPECT_EQ(parsed({"--tls", "[::]:7", "--pki", "/p"}).options.tls->port, 7);
  EXPECT_EQ(parsed({"--tls", "[::]:7", "--pki", "/p"}).options.pki, "/p");
  testing::internal::CaptureStderr();
  EXPECT_EQ(parsed({"--pki", "/p"}).exit_code, 2);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("--pki requires --tls"), std::string::npos);
}

TEST(DaemonOptions, ADiskHasAMinuteUnlessToldOtherwise) {
  EXPECT_EQ(parsed({}).options.disk_timeout, std::chrono::seconds(60));
  EXPECT_EQ(parsed({"--disk-timeout", "7"}).options.disk_timeout, std::chrono::seconds(7));
  EXPECT_EQ(parsed({"--disk-timeout=0"}).options.disk_timeout, std::chrono::seconds(0));
}

TEST(DaemonOptions, MistakesAreUsageErrors) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(parsed({"--no-such-option"}).exit_code, 2);
  EXPECT_EQ(parsed({"--host", "xen"}).exit_code, 2);
  EXPECT_EQ(parsed({"left over"}).exit_code, 2);
  EXPECT_EQ(parsed({"--socket"}).exit_code, 2);
  EXPECT_EQ(parsed({"--disk-timeout", "soon"}).exit_code, 2);
  EXPECT_EQ(parsed({"--disk-timeout", "-1"}).exit_code, 2);
  EXPECT_EQ(parsed({"--disk-timeout", "86401"}).exit_code, 2);
  EXPECT_EQ(parsed({}, {.root = false}).exit_code, 2);  // nothing says where to keep anything
  EXPECT_NE(testing::internal::GetCapturedStderr().find("--state-dir"), std::string::npos);
}

TEST(DaemonOptions, FiguresAreToldOnASocketOrOnThisMachine) {
  EXPECT_FALSE(parsed({}).options.metrics);
  EXPECT_EQ(parsed({"--metrics", "./m"}).options.metrics->path, "./m");
  const Parsed tcp = parsed({"--metrics", "[::1]:9000"});
  EXPECT_EQ(tcp.options.metrics->tcp->address, "::1");
  EXPECT_EQ(tcp.options.metrics->tcp->port, 9000);
}

TEST(DaemonOptions, PlacesForFiguresAreRefusedByName) {
  const auto refused = [](std::vector<const char*> words) {
    testing::internal::CaptureStderr();
    EXPECT_EQ(parsed(std::move(words)).exit_code, 2);
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_NE(refused({"--metrics", "127.0.0.1"}).find("its port is missing"), std::string::npos);
  EXPECT_NE(refused({"--metrics", "host:1"}).find("'host' is no number of a host"), std::string::npos);
  EXPECT_NE(refused({"--metrics", "127.0.0.1:x"}).find("'x' is no port"), std::string::npos);
  EXPECT_NE(refused({"--metrics", ""}).find("--metrics takes ADDRESS:PORT"), std::string::npos);
  EXPECT_NE(refused({"--state-dir=/tmp/x", "--metrics=/tmp/./x/sluice-sock"}).find("clients are served there"),
            std::string::npos);
}

TEST(DaemonOptions, HelpAndVersionAreNoMistakes) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(parsed({"--help"}).exit_code, 0);
  EXPECT_EQ(parsed({"--version"}).exit_code, 0);
  const std::string said = testing::internal::GetCapturedStdout();
  EXPECT_NE(said.find("--state-dir"), std::string::npos);
  EXPECT_NE(said.find("sluiced 0."), std::string::npos);
}

}  // namespace
}  // namespace sluice::daemon
