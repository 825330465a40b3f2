#include "daemon/options.h"

#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "io/failure.h"
#include "io/temporary_directory.h"

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
  EXPECT_NE(testing::internal::GetCapturedStderr().find("--pki (tls.pki) needs --tls"), std::string::npos);
}

TEST(DaemonOptions, ClientsShowCertificatesAndSocketsTrustTheKernelUnlessToldOtherwise) {
  EXPECT_FALSE(parsed({"--tls", "0.0.0.0"}).options.asks_sasl());
  EXPECT_TRUE(parsed({"--socket-auth", "sasl"}).options.asks_sasl());
  const Options both = parsed({"--tls=0.0.0.0", "--tls-auth=both", "--sasl-mechanisms=PLAIN,SCRAM-SHA-256"}).options;
  EXPECT_TRUE(both.asks_sasl());
  EXPECT_EQ(both.tls_auth, TlsAuth::both);
  EXPECT_EQ(both.sasl.mechanisms, (std::vector<std::string>{"PLAIN", "SCRAM-SHA-256"}));
  const Options named = parsed({"--tls=0.0.0.0", "--tls-allowed=C=GB,CN=a*", "--tls-allowed=CN=b"}).options;
  EXPECT_EQ(*named.tls_allowed, (std::vector<std::string>{"C=GB,CN=a*", "CN=b"}));
  testing::internal::CaptureStderr();
  EXPECT_EQ(parsed({"--tls=0.0.0.0", "--tls-auth=none"}).exit_code, 2);
  EXPECT_EQ(parsed({"--sasl-mechanisms=CRAM-MD5"}).exit_code, 2);
  EXPECT_EQ(parsed({"--tls-auth=sasl"}).exit_code, 2);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("--tls-auth: 'none' is none of certificate, sasl, both"), std::string::npos) << said;
  EXPECT_NE(said.find("'CRAM-MD5' is none of"), std::string::npos);
  EXPECT_NE(said.find("--tls-auth (tls.auth) needs --tls"), std::string::npos);
}

TEST(DaemonOptions, RulesThatWouldNotBeMetAreRefused) {
  const io::TemporaryDirectory place;
  const std::string file = place / "sluiced.toml";
  std::ofstream(file) << "[[rule]]\ncertificates = ['CN=a']\nrole = 'monitor'\n";
  EXPECT_FALSE(parsed({"--config", file.c_str(), "--tls=0.0.0.0"}).exit_code);
  testing::internal::CaptureStderr();
  EXPECT_EQ(parsed({"--config", file.c_str(), "--tls=0.0.0.0", "--tls-auth=both"}).exit_code, 2);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("there are rules for certificates, but"), std::string::npos);
  std::ofstream(file) << "[[rule]]\ncertificates = ['CN=a']\nusers = ['a']\nrole = 'monitor'\n";
  EXPECT_FALSE(parsed({"--config", file.c_str(), "--tls=0.0.0.0", "--tls-auth=both"}).exit_code);
}

TEST(DaemonOptions, TheCommandLineCountsMoreThanFiles) {
  const io::TemporaryDirectory place;
  std::ofstream(place / "sluiced.toml") << "log_level = 'debug'\ndisk_timeout = 7\n[socket]\npath = '/of/file'\n";
  const std::string file = place / "sluiced.toml";
  const Options read = parsed({"--config", file.c_str(), "--socket=/said", "--state-dir=/tmp/x"}).options;
  EXPECT_EQ(read.socket, "/said");
  EXPECT_EQ(read.log_level, io::LogLevel::debug);
  EXPECT_EQ(read.disk_timeout, std::chrono::seconds(7));
  const Whoami me{.root = true, .system_config = file};
  EXPECT_EQ(parsed({}, me).options.socket, "/of/file");
  EXPECT_EQ(parsed({"--state-dir=/tmp/x"}, me).options.socket, "/tmp/x/sluice-sock") << "a private one has its own";
  testing::internal::CaptureStderr();
  EXPECT_EQ(parsed({"--config=/nowhere.toml"}).exit_code, 2);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("cannot open '/nowhere.toml'"), std::string::npos);
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
  EXPECT_EQ(parsed({"--state-dir", "/tmp/x", "left over"}).exit_code, 2);
  EXPECT_EQ(parsed({"--tls=0.0.0.0", "--tls-allowed", "CN=a", "CN=b"}).exit_code, 2);
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
