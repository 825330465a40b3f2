#include "client/auth_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "io/failure.h"
#include "io/temporary_directory.h"

namespace sluice::client {
namespace {

constexpr const char* text = R"([credentials-ops]
authname=alice
password=se=c#ret

[credentials-rest]
username=bob

[auth-libvirt-node1.example]
credentials=ops
[auth-libvirt-default]
credentials=rest
)";

std::string refusal(const std::string& of) {
  try {
    static_cast<void>(AuthFile::parse(of, "auth.conf"));
  } catch (const io::Failure& e) {
    return e.error.message;
  }
  return "";
}

TEST(AuthFile, HasNamesAndPasswordsByHost) {
  const AuthFile file = AuthFile::parse(text, "auth.conf");
  EXPECT_EQ(file.user("node1.example"), "alice");
  EXPECT_EQ(file.password("node1.example"), "se=c#ret");
}

TEST(AuthFile, HostsThatAreNotNamedHaveTheDefault) {
  const AuthFile file = AuthFile::parse(text, "auth.conf");
  EXPECT_EQ(file.user("node2.example"), "bob");
  EXPECT_EQ(file.password("node2.example"), std::nullopt);
  EXPECT_EQ(AuthFile::parse("", "auth.conf").user("node1.example"), std::nullopt);
}

TEST(AuthFile, WhatIsWrongWithOneIsSaid) {
  EXPECT_NE(refusal("[credentials-a]\nnonsense\n").find("'auth.conf': line 2: "), std::string::npos);
  EXPECT_NE(refusal("password=x\n").find("'password' stands in no section"), std::string::npos);
  EXPECT_NE(refusal("[auth-libvirt-x]\nother=1\n").find("does not say which credentials"), std::string::npos);
  EXPECT_NE(refusal("[auth-libvirt-x]\ncredentials=a\n").find("there is no [credentials-a]"), std::string::npos);
  try {
    static_cast<void>(AuthFile::read("/nowhere/auth.conf"));
    FAIL() << "read what is not there";
  } catch (const io::Failure& e) {
    EXPECT_EQ(e.error.message, "cannot open '/nowhere/auth.conf': No such file or directory");
  }
}

TEST(AuthFile, IsTheUrisOrTheEnvironmentsOrTheUsers) {
  const io::TemporaryDirectory home;
  const std::string directory = home.path() + "/libvirt";
  std::filesystem::create_directory(directory);
  std::ofstream(directory + "/auth.conf") << text;
  const AuthPlaces places{.named = "/named", .config_home = home.path()};
  EXPECT_EQ(auth_file("/of/uri", places), "/of/uri");
  EXPECT_EQ(auth_file(std::nullopt, places), "/named");
  EXPECT_EQ(auth_file(std::nullopt, {.named = "", .config_home = home.path()}), directory + "/auth.conf");
}

}  // namespace
}  // namespace sluice::client
