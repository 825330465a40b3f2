#include "client/target.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "io/failure.h"

namespace sluice::client {
namespace {

std::string complaint(const std::string& uri) {
  try {
    target_of(uri, false);
  } catch (const io::Failure& failure) {
    EXPECT_EQ(failure.error.domain, ErrorDomain::uri);
    return failure.error.message;
  }
  return "none";
}

TEST(Target, TheSystemsDaemonHasItsPlaceAndAnotherForReaders) {
  EXPECT_EQ(target_of("qemu:///system", false).socket, "/run/sluice/sluice-sock");
  EXPECT_EQ(target_of("qemu:///system", true).socket, "/run/sluice/sluice-sock-ro");
  EXPECT_EQ(target_of("qemu:///system", false).name, "qemu:///system");
}

TEST(Target, AUsersDaemonIsBelowItsRuntimeDirectory) {
  ::setenv("XDG_RUNTIME_DIR", "/run/mine", 1);
  EXPECT_EQ(target_of("qemu:///session", false).socket, "/run/mine/sluice/sluice-sock");
  ::unsetenv("XDG_RUNTIME_DIR");
  const auto socket = target_of("qemu:///session", true).socket.value();
  EXPECT_TRUE(socket.starts_with("/run/user/")) << socket;
}

TEST(Target, ASocketThatIsNamedIsTheOne) {
  for (const std::string uri : {"qemu+unix:///system?socket=/x", "qemu:///session?socket=/x", "qemu:///any?socket=/x",
                                "test:///default?socket=/x", "xen+unix:///system?socket=/x"}) {
    EXPECT_EQ(target_of(uri, false).socket, "/x") << uri;
  }
  EXPECT_EQ(target_of("qemu+unix:///system?socket=/x&foo=1&mode=legacy", false).name, "qemu:///system?foo=1");
  EXPECT_EQ(target_of("remote:///?socket=/x", false).name, "");
}

TEST(Target, TheHostOfMemoryIsHere) {
  EXPECT_FALSE(target_of("test:///default", false).socket);
  EXPECT_EQ(target_of("test:///default", false).name, "test:///default");
}

TEST(Target, TlsHasAHostAPortAndCertificates) {
  EXPECT_EQ(target_of("qemu+tls://node1.example/system", false).tls, (TlsTarget{.host = "node1.example"}));
  EXPECT_EQ(target_of("qemu+tls://[::1]:99/system?pkipath=/p&no_verify=1&foo=1", false).tls,
            (TlsTarget{.host = "::1", .port = 99, .pki = "/p", .verify = false}));
  EXPECT_EQ(target_of("qemu+tls://node1/system?pkipath=/p&no_verify=1&foo=1", false).name, "qemu:///system?foo=1");
  EXPECT_EQ(target_of("qemu+tls:///system", false).tls->host, "localhost");
  EXPECT_EQ(target_of("qemu://node1/system", false).tls->host, "node1") << "as libvirt's clients read it";
  EXPECT_EQ(complaint("qemu+tls://node1/system?no_verify=yes"),
            "cannot connect to 'qemu+tls://node1/system?no_verify=yes': no_verify= is 0 or 1, not 'yes'");
  EXPECT_EQ(complaint("qemu+tls://node1/system?pkipath="),
            "cannot connect to 'qemu+tls://node1/system?pkipath=': its pkipath= is empty");
  EXPECT_EQ(complaint("qemu+tls://me@node1/system"),
            "cannot connect to 'qemu+tls://me@node1/system': it names the user "
            "'me', but with TLS that is the certificate's");
}

TEST(Target, TcpHasAHostAndAPort) {
  EXPECT_EQ(target_of("qemu+tcp://127.0.0.1:99/system", false).tcp, (TcpTarget{.host = "127.0.0.1", .port = 99}));
  EXPECT_EQ(target_of("qemu+tcp://[::1]/system", false).tcp, (TcpTarget{.host = "::1", .port = 16509}));
  EXPECT_EQ(target_of("qemu+tcp:///session", false).tcp, (TcpTarget{.host = "localhost", .port = 16509}));
  EXPECT_EQ(target_of("qemu+tcp://127.0.0.1/system?foo=1", false).name, "qemu:///system?foo=1");
  EXPECT_EQ(complaint("qemu+tcp://me@127.0.0.1/system"),
            "cannot connect to 'qemu+tcp://me@127.0.0.1/system': it names the user 'me', but TCP has none");
  EXPECT_EQ(complaint("qemu+tcp://127.0.0.1:0/system"),
            "cannot connect to 'qemu+tcp://127.0.0.1:0/system': '0' is no port");
  EXPECT_EQ(complaint("qemu+tcp://127.0.0.1/system?socket=/x"),
            "cannot connect to 'qemu+tcp://127.0.0.1/system?socket=/x': socket= is for the transport 'unix'");
}

TEST(Target, SshHasTheUsersNameAndTheSocketThere) {
  const Target system = target_of("qemu+ssh://ops@node1:2222/system", false);
  EXPECT_EQ(*system.ssh,
            (SshTarget{.host = "node1", .port = 2222, .user = "ops", .socket = "/run/sluice/sluice-sock"}));
  EXPECT_EQ(system.name, "qemu:///system");
  EXPECT_EQ(target_of("qemu+ssh://node1/system", true).ssh->socket, "/run/sluice/sluice-sock-ro");
  EXPECT_EQ(target_of("qemu+ssh://node1/session", false).ssh->socket, "");
  const Target all = target_of(
      "qemu+ssh://node1/system?socket=/s&keyfile=/k&netcat=nc&command=/bin/ssh&no_tty=1&no_verify=1&foo=1", false);
  EXPECT_EQ(*all.ssh, (SshTarget{.host = "node1",
                                 .socket = "/s",
                                 .key_file = "/k",
                                 .command = "/bin/ssh",
                                 .netcat = "nc",
                                 .ask = false,
                                 .verify = false}));
  EXPECT_EQ(all.name, "qemu:///system?foo=1");
  EXPECT_EQ(complaint("qemu+ssh://node1/system?keyfile="),
            "cannot connect to 'qemu+ssh://node1/system?keyfile=': its keyfile= is empty");
  EXPECT_EQ(complaint("qemu+ssh://node1/system?no_tty=yes"),
            "cannot connect to 'qemu+ssh://node1/system?no_tty=yes': no_tty= is 0 or 1, not 'yes'");
}

TEST(Target, PasswordsMayBeInAFile) {
  const Target target = target_of("qemu+unix:///system?socket=/s&authfile=/a", false);
  EXPECT_EQ(target.auth_file, "/a");
  EXPECT_EQ(target.name, "qemu:///system");
  EXPECT_EQ(target_of("qemu+tls://node1/system?authfile=/a", false).host(), "node1");
}

TEST(Target, SaysWhatIsWrong) {
  EXPECT_EQ(complaint("qemu+ssh:///system"), "cannot connect to 'qemu+ssh:///system': it names no machine");
  EXPECT_EQ(complaint("qemu+libssh://h/system"),
            "cannot connect to 'qemu+libssh://h/system': there is no transport 'libssh', only 'unix', 'tcp', 'tls' and "
            "'ssh'");
  EXPECT_EQ(
      complaint("qemu+unix://web1/system"),
      "cannot connect to 'qemu+unix://web1/system': it names the machine 'web1', but only daemons of this machine can "
      "be reached");
  EXPECT_EQ(complaint("qemu:///system?socket="), "cannot connect to 'qemu:///system?socket=': its socket= is empty");
  EXPECT_EQ(complaint("qemu:///"), "cannot connect to 'qemu:///': the path is '/', not /system or /session");
  EXPECT_EQ(complaint("xen:///system"),
            "cannot connect to 'xen:///system': no socket is known for 'xen' hosts; add ?socket=PATH");
  EXPECT_EQ(complaint("test:///other"),
            "cannot connect to 'test:///other': the only host of memory is test:///default");
  EXPECT_EQ(complaint("nonsense"),
            "cannot connect to 'nonsense': it is not of the form DRIVER[+TRANSPORT]://[HOST]/PATH");
}

}  // namespace
}  // namespace sluice::client
