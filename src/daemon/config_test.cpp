#include "daemon/config.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "daemon/settings.h"
#include "io/failure.h"
#include "io/temporary_directory.h"

namespace sluice::daemon {
namespace {

std::string refusal(std::string_view text) {
  Options options;
  try {
    parse_config(text, "s.toml", options);
  } catch (const io::Failure& e) {
    EXPECT_EQ(e.error.code, Code::conf_syntax);
    return e.error.message;
  }
  return "taken";
}

TEST(Config, SaysWhatTheCommandLineCan) {
  Options options;
  parse_config(R"(
    state_dir = "/srv/sluice"
    host = "test"
    disk_timeout = 5
    log_level = "warning"
    [socket]
    path = "/run/s"
    auth = "sasl"
    [tls]
    listen = "[::]"
    pki = "/pki"
    auth = "both"
    allowed = ["C=GB,CN=node*", "CN=admin"]
    [sasl]
    mechanisms = ["SCRAM-SHA-256"]
    conf = "/sasl"
    [metrics]
    listen = "127.0.0.1:9500"
  )",
               "s.toml", options);
  EXPECT_EQ(options.state_directory, "/srv/sluice");
  EXPECT_EQ(options.host, HostKind::test);
  EXPECT_EQ(options.disk_timeout, std::chrono::seconds(5));
  EXPECT_EQ(options.log_level, io::LogLevel::warning);
  EXPECT_EQ(options.socket, "/run/s");
  EXPECT_TRUE(options.socket_sasl);
  EXPECT_EQ(options.tls->port, 16514);
  EXPECT_EQ(options.pki, "/pki");
  EXPECT_EQ(options.tls_auth, TlsAuth::both);
  EXPECT_EQ(options.tls_allowed->size(), 2u);
  EXPECT_EQ(options.sasl, (Sasl{.directory = "/sasl", .mechanisms = {"SCRAM-SHA-256"}}));
  EXPECT_EQ(options.metrics->tcp->port, 9500);
}

TEST(Config, MistakesAreNamedWithTheirPlace) {
  EXPECT_EQ(refusal("a = \n").substr(0, 9), "s.toml:1:");
  EXPECT_EQ(refusal("\n[tls]\nlisten = '0.0.0.0'\nlissen = 1\n"), "s.toml:4:1: there is no setting 'tls.lissen'");
  EXPECT_EQ(refusal("[tsl]\nlisten = '0.0.0.0'\n"), "s.toml:1:2: there is no setting 'tsl'");
  EXPECT_EQ(refusal("tls = '0.0.0.0'\n"), "s.toml:1:1: 'tls' is a table: [tls]");
  EXPECT_EQ(refusal("disk_timeout = '5'\n"), "s.toml:1:16: disk_timeout: that is no whole number");
  EXPECT_EQ(refusal("disk_timeout = -5\n"), "s.toml:1:16: disk_timeout: '-5' is no number from 0 to 86400");
  EXPECT_EQ(refusal("host = 5\n"), "s.toml:1:8: host: that is no string in quotes");
  EXPECT_EQ(refusal("host = 'xen'\n"), "s.toml:1:8: host: 'xen' is none of qemu, test");
  EXPECT_EQ(refusal("[tls]\nallowed = 'CN=a'\n"), "s.toml:2:11: tls.allowed: that is no list in brackets");
  EXPECT_EQ(refusal("[tls]\nallowed = ['CN=a', 7]\n"), "s.toml:2:20: tls.allowed: that is no string in quotes");
  EXPECT_EQ(refusal("[socket]\npath = ''\n"), "s.toml:2:8: socket.path: the path is empty");
  EXPECT_NE(refusal("host = 'qemu'\nhost = 'test'\n").find("s.toml:2:"), std::string::npos);
  EXPECT_EQ(refusal(std::string("host = 'q\0'", 11)).substr(0, 9), "s.toml:1:");
  EXPECT_EQ(refusal("[sasl]\nmechanisms = ['LOGIN']\n").substr(0, 45), "s.toml:2:14: sasl.mechanisms: 'LOGIN' is none");
}

TEST(Config, RulesSayWhoMayDoWhat) {
  Options options;
  parse_config(R"(
    [[rule]]
    users = ["alice", "*@OPS.EXAMPLE"]
    role = "admin"
    [[rule]]
    certificates = ["C=GB,*"]
    local = ["root", 1000, "*"]
    role = "monitor"
  )",
               "s.toml", options);
  parse_config("rule = [{users = ['*'], role = 'none'}]", "t.toml", options);
  using enum remote::Role;
  EXPECT_EQ(options.rules,
            (std::vector<Rule>{{.users = {"alice", "*@OPS.EXAMPLE"}, .role = admin},
                               {.certificates = {"C=GB,*"}, .local = {"0", "1000", "*"}, .role = monitor},
                               {.users = {"*"}, .role = none}}));
}

TEST(Config, MistakesInRulesAreNamedWithTheirPlace) {
  EXPECT_EQ(refusal("[rule]\nrole = 'admin'\n"), "s.toml:1:1: rules are tables: [[rule]]");
  EXPECT_EQ(refusal("rule = ['admin']\n"), "s.toml:1:8: rules are tables: [[rule]]");
  EXPECT_EQ(refusal("[[rule]]\nusers = ['a']\n"), "s.toml:1:1: a rule has a role");
  EXPECT_EQ(refusal("[[rule]]\nrole = 'admin'\n").substr(0, 42), "s.toml:1:1: the rule is for nobody: it has");
  EXPECT_EQ(refusal("[[rule]]\nrole = 'root'\nusers = ['a']\n").substr(0, 40),
            "s.toml:2:8: rule.role: it is none of \"no");
  EXPECT_EQ(refusal("[[rule]]\nrole = 'admin'\nuser = ['a']\n"),
            "s.toml:3:1: a rule has no 'user', only role, users, certificates and local");
  EXPECT_EQ(refusal("[[rule]]\nrole = 'admin'\nlocal = ['no-such-user-here']\n"),
            "s.toml:3:10: rule.local: there is no user 'no-such-user-here' on this machine");
  EXPECT_EQ(refusal("[[rule]]\nrole = 'admin'\nlocal = 'root'\n"),
            "s.toml:3:9: rule.local: that is no list in brackets");
  EXPECT_EQ(refusal("[[rule]]\nrole = 'admin'\nusers = [1]\n"), "s.toml:3:10: rule.users: that is no string in quotes");
}

TEST(Config, FilesOfTheDirectoryBesideItCountMore) {
  const io::TemporaryDirectory place;
  const std::string file = place / "sluiced.toml";
  std::ofstream(file) << "disk_timeout = 1\nhost = 'test'\n";
  std::filesystem::create_directory(file + ".d");
  std::ofstream(file + ".d/20-later.toml") << "disk_timeout = 3\n";
  std::ofstream(file + ".d/10-first.toml") << "disk_timeout = 2\n[tls]\nlisten = '0.0.0.0'\n";
  std::ofstream(file + ".d/notes.txt") << "no settings";
  Options options;
  read_config(file, Needed::yes, options);
  EXPECT_EQ(options.disk_timeout, std::chrono::seconds(3));
  EXPECT_EQ(options.host, HostKind::test);
  EXPECT_TRUE(options.tls);
}

TEST(Config, OnlyAFileThatWasNamedMustBeThere) {
  Options options;
  read_config("/nowhere/sluiced.toml", Needed::no, options);
  EXPECT_THROW(read_config("/nowhere/sluiced.toml", Needed::yes, options), io::Failure);
  const io::TemporaryDirectory place;
  const std::string file = place / "sluiced.toml";
  std::filesystem::create_symlink("/nowhere", file);
  EXPECT_THROW(read_config(file, Needed::no, options), io::Failure) << "somebody wants it to be there";
  std::filesystem::remove(file);
  std::ofstream(file + ".d") << "no directory";
  EXPECT_THROW(read_config(file, Needed::no, options), io::Failure);
}

// Of what the manual page says below each heading: "[tls]" and "auth" are "tls.auth".
TEST(Config, TheManualPageHasEverySettingAndNoOther) {
  std::ifstream page("docs/man/sluiced.toml.5");
  ASSERT_TRUE(page) << "run in the project's directory";
  std::vector<std::string> told, there;
  std::string line, table;
  for (bool inside = false, next = false; std::getline(page, line); next = line == ".TP") {
    if (line.starts_with(".SH ")) inside = line == ".SH SETTINGS";
    if (line.starts_with(".SS [")) table = line.substr(5, line.size() - 6) + ".";
    if (inside && next && line.starts_with(".B ")) told.push_back(table + line.substr(3));
  }
  for (const Setting& setting : settings()) there.emplace_back(setting.key);
  std::ranges::sort(told);
  std::ranges::sort(there);
  EXPECT_EQ(told, there);
}

TEST(Config, NamesOfSettingsAreUnique) {
  std::vector<std::string> names;
  for (const Setting& setting : settings()) {
    names.emplace_back(setting.key);
    names.emplace_back(setting.flag);
  }
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

}  // namespace
}  // namespace sluice::daemon
