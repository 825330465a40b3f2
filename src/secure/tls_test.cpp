// Two ends that like each other: the handshake with its byte of welcome, bytes each way in every split, and the end.

#include "secure/tls.h"

#include <gmock/gmock.h>

#include "secure/two_ends_test.h"

namespace sluice::secure {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

Buffer noise(std::size_t size, std::uint32_t seed) {
  std::mt19937 engine(seed);
  Buffer bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(engine());
  return bytes;
}

struct TlsTest : testing::Test {
  World world;
  Shared daemons = world.daemon(), clients = world.client();

  TwoEnds opened() {
    TwoEnds two(daemons, clients);
    two.carry();
    return two;
  }
};

TEST_F(TlsTest, TheHandshakeEndsWithTheWelcomeAndBothKnowWhoTheOtherIs) {
  TwoEnds two(daemons, clients);
  EXPECT_EQ(two.client.tls.state(), FilterState::handshaking);
  EXPECT_THAT(two.daemon.tls.describe(), StartsWith("handshaking, "));
  two.carry();
  ASSERT_TRUE(two.open()) << why(two.daemon.tls) << why(two.client.tls);
  EXPECT_EQ(two.daemon.tls.peer().name, "C=GB,O=Probe,CN=client1");
  EXPECT_EQ(two.client.tls.peer().name, "O=Probe,CN=node1");
  EXPECT_EQ(two.client.tls.peer().version, "TLSv1.3");
  EXPECT_EQ(two.client.tls.peer().cipher, "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(two.client.tls.peer().cipher_bits, 128);
  EXPECT_EQ(two.daemon.tls.describe(), "open, TLSv1.3, TLS_AES_128_GCM_SHA256, with C=GB,O=Probe,CN=client1");
  EXPECT_THAT(two.client.plain, IsEmpty()) << "the welcome is not the application's";
}

TEST_F(TlsTest, ThePeersOwnByteOfWelcomeIsReadAlone) {
  Bare daemon(Side::daemon);
  daemon.show(world.server);
  End client{Tls(clients, {.now = now, .host = host})};
  daemon.carry(client);
  EXPECT_EQ(client.tls.state(), FilterState::welcoming) << why(client.tls);
  ASSERT_EQ(SSL_write(daemon.ssl(), "\1first", 6), 6);
  daemon.carry(client);
  EXPECT_EQ(client.tls.state(), FilterState::open);
  EXPECT_EQ(as_text(client.plain), "first");
}

TEST_F(TlsTest, AnotherByteThanTheWelcomeIsRefused) {
  Bare daemon(Side::daemon);
  daemon.show(world.server);
  End client{Tls(clients, {.now = now, .host = host})};
  daemon.carry(client);
  ASSERT_EQ(SSL_write(daemon.ssl(), "Hello", 5), 5);
  daemon.carry(client);
  EXPECT_THAT(why(client.tls), HasSubstr("byte of value 72 where 1 would have let this client in"));
  EXPECT_THAT(client.plain, IsEmpty());
}

TEST_F(TlsTest, EverySplitTellsTheSame) {
  const Buffer up = noise(20'000, 1), down = noise(30'000, 2);
  std::vector<Split> splits{pieces(1), pieces(2), pieces(5), pieces(21), pieces(4096)};
  for (std::uint32_t seed = 1; seed <= 40; ++seed) splits.push_back(at_random(seed));
  for (std::size_t i = 0; i < splits.size(); ++i) {
    TwoEnds two(daemons, clients);
    two.carry(splits[i]);
    ASSERT_TRUE(two.open()) << "split " << i << ": " << why(two.daemon.tls) << why(two.client.tls);
    const auto carry = [&] { two.carry(splits[i]); };
    two.client.write(up, carry);
    two.daemon.write(down, carry);
    two.client.tls.close();
    carry();
    two.daemon.tls.close();
    carry();
    ASSERT_EQ(two.daemon.plain, up) << "split " << i;
    ASSERT_EQ(two.client.plain, down) << "split " << i;
    ASSERT_EQ(two.daemon.tls.state(), FilterState::closed);
    ASSERT_EQ(two.client.tls.state(), FilterState::closed);
  }
}

TEST_F(TlsTest, MuchIsCopiedOnceOnTheNetworksSideOfEachEnd) {
  TwoEnds two = opened();
  const Buffer up = noise(6'000'001, 3);
  const std::uint64_t before_in = two.daemon.tls.copied().in, before_out = two.client.tls.copied().out;
  const std::size_t network_before = two.to_daemon.size();
  two.client.write(up, [&] { two.carry(); });
  ASSERT_EQ(two.daemon.plain, up);
  const std::uint64_t network = two.to_daemon.size() - network_before;
  EXPECT_EQ(two.client.tls.copied().out - before_out, network);
  EXPECT_EQ(two.daemon.tls.copied().in - before_in, network);
  EXPECT_LT(network, up.size() + up.size() / 500) << "records are as large as they may be";
}

TEST_F(TlsTest, WhatWaitsToBeSentIsBoundedAndStaysInPlace) {
  TwoEnds two = opened();
  const Buffer up = noise(1'000'000, 4);
  const std::size_t taken = two.client.tls.encrypt(up);
  EXPECT_EQ(taken, 256u * 1024);
  EXPECT_EQ(two.client.tls.encrypt(Bytes(up).subspan(taken)), 0u) << "it waits until something was sent";
  const std::byte* const at = two.client.tls.outgoing().data();
  two.client.tls.close();
  EXPECT_EQ(two.client.tls.outgoing().data(), at) << "a write of it may be under way";
  two.carry();
  EXPECT_EQ(two.daemon.plain, Buffer(up.begin(), up.begin() + 256 * 1024));
  EXPECT_EQ(two.daemon.tls.state(), FilterState::peer_closed);
}

TEST_F(TlsTest, EachDirectionIsClosedByItself) {
  TwoEnds two = opened();
  two.client.tls.close();
  two.carry();
  EXPECT_EQ(two.client.tls.state(), FilterState::we_closed);
  EXPECT_EQ(two.daemon.tls.state(), FilterState::peer_closed);
  EXPECT_EQ(two.client.tls.encrypt(as_bytes("more")), 0u);
  two.daemon.write(as_bytes("the last word"), [&] { two.carry(); });
  EXPECT_EQ(as_text(two.client.plain), "the last word");
  two.daemon.tls.ended();
  EXPECT_EQ(two.daemon.tls.state(), FilterState::peer_closed) << "an end that was announced";
  two.daemon.tls.close();
  two.carry();
  EXPECT_EQ(two.client.tls.state(), FilterState::closed);
  two.client.tls.ended();
  EXPECT_EQ(two.client.tls.state(), FilterState::closed);
}

TEST_F(TlsTest, VersionOneDotTwoWorksAsWell) {
  Bare client(Side::client);
  client.show(world.user);
  SSL_CTX_set_max_proto_version(client.context(), TLS1_2_VERSION);
  End daemon{Tls(daemons, {.now = now})};
  client.carry(daemon);
  ASSERT_EQ(daemon.tls.state(), FilterState::open) << why(daemon.tls) << client.complaint;
  EXPECT_EQ(client.plain, "\1");
  EXPECT_EQ(daemon.tls.peer().version, "TLSv1.2");
  EXPECT_EQ(daemon.tls.peer().name, "C=GB,O=Probe,CN=client1");
  ASSERT_EQ(SSL_write(client.ssl(), "up", 2), 2);
  client.carry(daemon);
  EXPECT_EQ(as_text(daemon.plain), "up");
  daemon.tls.encrypt(as_bytes("down"));
  client.carry(daemon);
  EXPECT_EQ(client.plain, "\1down");
}

TEST_F(TlsTest, KeysMayBeRenewedUnderWay) {
  Bare client(Side::client);
  client.show(world.user);
  End daemon{Tls(daemons, {.now = now})};
  client.carry(daemon);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    ASSERT_EQ(SSL_write(client.ssl(), "x", 1), 1);
    client.carry(daemon);
    daemon.tls.encrypt(as_bytes("y"));
    client.carry(daemon);
  }
  EXPECT_EQ(as_text(daemon.plain), "xxx") << why(daemon.tls);
  EXPECT_EQ(client.plain, "\1yyy") << client.complaint;
}

TEST_F(TlsTest, TheOldCredentialsStayWithTheConnectionsThatBeganWithThem) {
  TwoEnds two(world.daemon(), world.client());  // nobody else holds these
  two.carry();
  two.client.write(as_bytes("still here"), [&] { two.carry(); });
  EXPECT_EQ(as_text(two.daemon.plain), "still here");
}

TEST_F(TlsTest, TheClientMayNameTheDaemonByItsAddress) {
  TwoEnds two(daemons, clients, {.now = now, .host = "127.0.0.1"});
  two.carry();
  EXPECT_TRUE(two.open()) << why(two.client.tls);
}

TEST_F(TlsTest, TheCertificateIsChosenByTheNameTheClientAsksFor) {
  const Issued other = world.ca.issue({.name = "CN=other", .hosts = "DNS:*.other.example"});
  DaemonFiles files = world.daemon_files();
  files.certificates.push_back(other.files());
  const Shared both = Credentials::daemon(files, now).value();
  for (const auto& [asked, shown] : {std::pair{"node1.example", "O=Probe,CN=node1"}, {"a.other.example", "CN=other"}}) {
    TwoEnds two(both, clients, {.now = now, .host = asked});
    two.carry();
    EXPECT_EQ(two.client.tls.peer().name, shown) << why(two.client.tls);
  }
  TwoEnds unknown(both, clients, {.now = now, .host = "nobody.example"});
  unknown.carry();
  EXPECT_THAT(why(unknown.client.tls), HasSubstr("is not for 'nobody.example' but for node1.example, 127.0.0.1"));
}

TEST_F(TlsTest, OfOneNameTheKindOfKeyIsTheClientsChoice) {
  const Issued rsa =
      world.ca.issue({.name = "CN=rsa", .hosts = "DNS:node1.example", .key = laboratory::KeyKind::rsa2048});
  DaemonFiles files = world.daemon_files();
  files.certificates.push_back(rsa.files());
  Bare client(Side::client);
  client.show(world.ca.issue({.name = "CN=rsa user", .key = laboratory::KeyKind::rsa2048}));
  SSL_CTX_set1_sigalgs_list(client.context(), "RSA-PSS+SHA256");
  SSL_set_tlsext_host_name(client.ssl(), host);
  End daemon{Tls(Credentials::daemon(files, now).value(), {.now = now})};
  client.carry(daemon);
  ASSERT_EQ(daemon.tls.state(), FilterState::open) << why(daemon.tls) << client.complaint;
  X509* const shown = SSL_get0_peer_certificate(client.ssl());
  ASSERT_NE(shown, nullptr);
  EXPECT_EQ(X509_NAME_cmp(X509_get_subject_name(shown), X509_get_subject_name(rsa.certificate.get())), 0);
}

TEST_F(TlsTest, ACertificateBelowASecondCaIsShownWithIt) {
  const Authority middle({.name = "CN=Middle CA"}, world.ca);
  const Issued user = middle.issue({.name = "CN=below", .extended = "clientAuth"});
  ClientFiles files = world.client_files();
  files.certificate = user.files(middle.pem());
  TwoEnds two(daemons, Credentials::client(files, now).value());
  two.carry();
  EXPECT_TRUE(two.open()) << why(two.daemon.tls);
  EXPECT_EQ(two.daemon.tls.peer().name, "CN=below");
}

}  // namespace
}  // namespace sluice::secure
