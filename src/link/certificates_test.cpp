#include "link/certificates.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "io/failure.h"
#include "io/temporary_directory.h"
#include "secure/two_ends_test.h"

namespace sluice::link {
namespace {

using Check = secure::ClientFiles::Check;

class CertificatesTest : public testing::Test {
 protected:
  void put(const std::string& name, const std::string& text) { std::ofstream(at(name)) << text; }
  std::string at(const std::string& name) const { return directory_.path() + "/" + name; }
  void put_all() {
    put("cacert.pem", world_.ca.file().text);
    put("servercert.pem", world_.server.files().certificate.text);
    put("serverkey.pem", world_.server.files().key.text);
    put("clientcert.pem", world_.user.files().certificate.text);
    put("clientkey.pem", world_.user.files().key.text);
  }
  std::string complaint_of_daemon() {
    try {
      daemon_credentials(daemon_places(directory_.path()), {}, secure::now);
    } catch (const io::Failure& failure) {
      return failure.error.message;
    }
    return "none";
  }

  io::TemporaryDirectory directory_;
  secure::World world_;
};

TEST_F(CertificatesTest, AreWhereLibvirtHasThem) {
  EXPECT_EQ(daemon_places().certificate, "/etc/pki/libvirt/servercert.pem");
  EXPECT_EQ(daemon_places().key, "/etc/pki/libvirt/private/serverkey.pem");
  EXPECT_EQ(daemon_places().authorities, "/etc/pki/CA/cacert.pem");
  const CertificatePlaces root = client_places("", {.root = true, .home = directory_.path()});
  EXPECT_EQ(root.key, "/etc/pki/libvirt/private/clientkey.pem");
  EXPECT_EQ(client_places("/p", {.root = true, .home = ""}).key, "/p/clientkey.pem");
}

TEST_F(CertificatesTest, AUsersOwnComeFirstIfThereAreAny) {
  const Asker user{.root = false, .home = directory_.path()};
  EXPECT_EQ(client_places("", user), client_places("", {.root = true, .home = ""}));
  std::filesystem::create_directories(at(".pki/libvirt"));
  put(".pki/libvirt/clientcert.pem", "x");
  EXPECT_EQ(client_places("", user).certificate, at(".pki/libvirt/clientcert.pem"));
  EXPECT_EQ(client_places("", user).authorities, "/etc/pki/CA/cacert.pem");
  put(".pki/libvirt/cacert.pem", "x");
  EXPECT_EQ(client_places("", user).authorities, at(".pki/libvirt/cacert.pem"));
}

TEST_F(CertificatesTest, MakeCredentialsOfBothSides) {
  put_all();
  EXPECT_FALSE(daemon_credentials(daemon_places(directory_.path()), {}, secure::now).revokes);
  EXPECT_NE(client_credentials(client_places(directory_.path(), {}), Check::daemon, secure::now), nullptr);
}

TEST_F(CertificatesTest, WhatIsMissingIsNamedUnlessItNeedNotBeThere) {
  put_all();
  std::filesystem::remove(at("clientcert.pem"));
  EXPECT_NE(client_credentials(client_places(directory_.path(), {}), Check::daemon, secure::now), nullptr);
  std::filesystem::remove(at("cacert.pem"));
  EXPECT_NE(client_credentials(client_places(directory_.path(), {}), Check::none, secure::now), nullptr);
  EXPECT_EQ(complaint_of_daemon(), "cannot read '" + at("cacert.pem") + "': No such file or directory");
}

TEST_F(CertificatesTest, ALinkToARevocationListThatIsGoneIsNoLackOfOne) {
  put_all();
  std::filesystem::create_symlink(at("gone"), at("cacrl.pem"));
  EXPECT_EQ(complaint_of_daemon(), "cannot read '" + at("cacrl.pem") + "': No such file or directory");
}

TEST_F(CertificatesTest, FilesThatAreNoneAreNamed) {
  put_all();
  std::filesystem::remove(at("serverkey.pem"));
  ASSERT_EQ(::mkfifo(at("serverkey.pem").c_str(), 0600), 0);
  EXPECT_NE(complaint_of_daemon().find(at("serverkey.pem")), std::string::npos) << "and nobody waits for a writer";
  std::filesystem::remove(at("serverkey.pem"));
  std::filesystem::create_directory(at("serverkey.pem"));
  EXPECT_EQ(complaint_of_daemon(), "cannot read '" + at("serverkey.pem") + "': Is a directory");
  std::filesystem::remove(at("serverkey.pem"));
  put("serverkey.pem", std::string(2 << 20, 'x'));
  EXPECT_EQ(complaint_of_daemon(), "cannot read '" + at("serverkey.pem") + "': it has more than 1 MiB");
}

}  // namespace
}  // namespace sluice::link
