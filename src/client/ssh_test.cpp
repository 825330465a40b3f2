#include "client/ssh.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/disk.h"
#include "io/failure.h"
#include "io/loop.h"

namespace sluice::client {
namespace {

using testing::HasSubstr;

std::string remote_of(const SshTarget& target) { return ssh_arguments(target).back(); }

TEST(Ssh, IsTheUsersOwnAndRunsARelayThere) {
  const auto words = ssh_arguments({.host = "node1", .socket = "/run/sluice/sluice-sock"});
  ASSERT_EQ(words.size(), 6u);
  EXPECT_EQ(std::vector(words.begin(), words.end() - 1), (std::vector<std::string>{"-T", "-e", "none", "--", "node1"}));
  EXPECT_THAT(words.back(), testing::StartsWith("sh -c 'if command -v sluice >/dev/null 2>&1; then exec sluice relay "
                                                "'\\''/run/sluice/sluice-sock'\\''; fi; if "));
  EXPECT_THAT(words.back(), testing::EndsWith("else exec '\\''nc'\\'' -U '\\''/run/sluice/sluice-sock'\\''; fi'"));
}

TEST(Ssh, WhatTheUriSaysIsPassedOn) {
  const auto words = ssh_arguments(
      {.host = "node1", .port = 2222, .user = "ops", .socket = "/s", .key_file = "/k", .ask = false, .verify = false});
  EXPECT_THAT(words, testing::IsSupersetOf(
                         {"-p", "2222", "-l", "ops", "-i", "/k", "BatchMode=yes", "StrictHostKeyChecking=no"}));
}

TEST(Ssh, AHostIsNoOptionWhateverItIsCalled) {
  const auto words = ssh_arguments({.host = "-oProxyCommand=evil", .socket = "/s"});
  const auto host = std::ranges::find(words, "-oProxyCommand=evil");
  ASSERT_NE(host, words.begin());
  EXPECT_EQ(*(host - 1), "--");
}

// What a shell makes of a word of this form, one level of quotes taken away.
std::string unquoted(std::string_view text) {
  std::string out;
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\'') {
      inside = !inside;
    } else if (!inside && text[i] == '\\') {
      out += text[++i];
    } else {
      EXPECT_TRUE(inside) << "'" << text[i] << "' stands outside of quotes";
      out += text[i];
    }
  }
  EXPECT_FALSE(inside);
  return out;
}

TEST(Ssh, APathIsNoCommandWhateverIsInIt) {
  const std::string path = "/x'; touch /tmp/y; '";
  const std::string command = remote_of({.host = "node1", .socket = path, .netcat = "nc"});
  const std::string begin = "sh -c ";
  ASSERT_THAT(command, testing::StartsWith(begin));
  const std::string script = unquoted(command.substr(begin.size()));
  const std::string before = "else exec 'nc' -U ", behind = "; fi";
  const std::size_t at = script.rfind(before) + before.size();
  EXPECT_EQ(unquoted(script.substr(at, script.size() - behind.size() - at)), path);
}

TEST(Ssh, WithoutItTheReasonIsSaid) {
  io::Loop loop;
  io::Disk disk;
  try {
    static_cast<void>(io::run_on(loop.executor(), connect_ssh({.host = "node1", .command = "no-such-ssh"}, disk)));
    FAIL() << "connected";
  } catch (const io::Failure& e) {
    EXPECT_THAT(e.error.message, HasSubstr("no 'no-such-ssh' in $PATH"));
  }
}

}  // namespace
}  // namespace sluice::client
