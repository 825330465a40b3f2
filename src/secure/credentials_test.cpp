// What a daemon or a client says about its own files before any peer sees them, and the names it prints.

#include "secure/credentials.h"

#include <gmock/gmock.h>

#include "base/limits.h"
#include "secure/allowed_names.h"
#include "secure/certificate.h"
#include "secure/two_ends_test.h"

namespace sluice::secure {
namespace {

using laboratory::day;
using laboratory::day_half;
using laboratory::KeyKind;
using laboratory::Wish;
using testing::AllOf;
using testing::HasSubstr;

struct CredentialsTest : testing::Test {
  World world;

  static std::string refused(const DaemonFiles& files) {
    const auto made = Credentials::daemon(files, now);
    if (made) return "(none)";
    EXPECT_EQ(made.error().code, Code::config_unsupported);
    return made.error().message;
  }
  std::string refused(const OwnCertificate& own) const {
    DaemonFiles files = world.daemon_files();
    files.certificates = {own};
    return refused(files);
  }
  std::string refused(const Wish& wish) const { return refused(world.ca.issue(wish).files()); }
  std::string refused_authorities(const std::string& text) const {
    DaemonFiles files = world.daemon_files();
    files.authorities.text = text;
    return refused(files);
  }
};

TEST_F(CredentialsTest, TheOwnCertificateIsJudgedAsPeersWill) {
  EXPECT_THAT(refused(Wish{.name = "CN=a", .until = now - day_half}),
              HasSubstr("the certificate in 'cert.pem', 'CN=a', expired at 2033-05-17 15:33:20 UTC; renew it"));
  EXPECT_THAT(refused(Wish{.name = "CN=a", .from = now + day}), HasSubstr("is not valid before"));
  EXPECT_THAT(refused(Wish{.name = "CN=a", .key = KeyKind::rsa1024}), HasSubstr("has a weak key, RSA with 1024 bits"));
  EXPECT_THAT(
      refused(Wish{.name = "CN=a", .extended = "clientAuth"}),
      HasSubstr("may not be used by a daemon: it has extended key usage 'client authentication'; have it issued "
                "with key usage 'digital signature' and extended key usage 'server authentication', or without "
                "either"));
  EXPECT_THAT(refused(Authority({.name = "CN=Other"}).issue({.name = "CN=a"}).files()),
              HasSubstr("was issued by 'CN=Other', which is none of the CAs in 'ca.pem'"));
  EXPECT_THAT(refused(laboratory::make({.name = "CN=a"}, nullptr).files()), HasSubstr("is signed by itself"));
  EXPECT_EQ(refused(Wish{.name = "CN=a"}), "(none)") << "extensions may be missing";
}

TEST_F(CredentialsTest, AHashOfYesterdayIsWeak) {
  const Authority old({.name = "CN=Old CA", .key = KeyKind::p256});
  DaemonFiles files = world.daemon_files();
  files.authorities = old.file();
  files.certificates = {old.issue({.name = "CN=a", .hash = "SHA1"}).files()};
  EXPECT_THAT(refused(files),
              HasSubstr("is signed with a weak hash, ecdsa-with-SHA1; have it issued anew with SHA-256"));
}

TEST_F(CredentialsTest, TheKeyMustBelongToTheCertificate) {
  OwnCertificate mixed = world.server.files();
  mixed.key.text = world.user.key_pem();
  EXPECT_EQ(
      refused(mixed),
      "the private key in 'key.pem' does not belong to the certificate in 'cert.pem', 'O=Probe,CN=node1'; put the "
      "pair there that belongs together");
}

TEST_F(CredentialsTest, AnEncryptedKeyIsNamedAsSuch) {
  OwnCertificate own = world.server.files();
  own.key.text = world.server.encrypted_key_pem();
  EXPECT_THAT(refused(own), AllOf(HasSubstr("'key.pem' is encrypted"), HasSubstr("openssl pkey -in")));
}

TEST_F(CredentialsTest, FilesThatHoldSomethingElseSayWhat) {
  OwnCertificate own = world.server.files();
  std::swap(own.certificate.text, own.key.text);
  EXPECT_EQ(refused(own), "'cert.pem' holds no certificate; it holds a private key");
  own.certificate.text = world.server.pem();
  EXPECT_EQ(refused(own), "'key.pem' holds no private key; it holds a certificate");
  own.key.text = "";
  EXPECT_EQ(refused(own), "'key.pem' holds no private key; it is empty");
  own.certificate.text = "\x30\x82\x01\x02 binary";
  EXPECT_EQ(refused(own), "'cert.pem' holds no certificate; it is not PEM text ('-----BEGIN ...')");
  EXPECT_EQ(refused_authorities(world.ca.revocations({}).text),
            "'ca.pem' holds no certificate; it holds a revocation list");
}

TEST_F(CredentialsTest, DamageIsNamedWithItsPlace) {
  std::string second = world.ca.pem();
  second[second.size() / 2] = '!';
  EXPECT_THAT(refused_authorities(world.ca.pem() + second),
              HasSubstr("'ca.pem' cannot be read: certificate number 2 is damaged (bad base64 decode)"));
  const std::string cut = world.ca.pem();
  EXPECT_THAT(refused_authorities(cut.substr(0, cut.size() / 2)), HasSubstr("certificate number 1 is damaged"));
  OwnCertificate own = world.server.files();
  own.key.text[own.key.text.size() / 2] = '!';
  EXPECT_THAT(refused(own), HasSubstr("'key.pem' cannot be read: its private key is damaged"));
}

TEST_F(CredentialsTest, EveryTruncationOfEachFileIsRefused) {
  const OwnCertificate own = world.server.files();
  const std::string& certificate = own.certificate.text;
  const std::string& key = own.key.text;
  for (std::size_t size = 0; size + 1 < certificate.size(); ++size) {
    OwnCertificate cut = own;
    cut.certificate.text.resize(size);
    ASSERT_NE(refused(cut), "(none)") << "certificate of " << size << " bytes";
  }
  for (std::size_t size = 0; size + 1 < key.size(); ++size) {
    OwnCertificate cut = own;
    cut.key.text.resize(size);
    ASSERT_NE(refused(cut), "(none)") << "key of " << size << " bytes";
  }
}

TEST_F(CredentialsTest, OnlyCasAreTrusted) {
  EXPECT_EQ(
      refused_authorities(world.ca.pem() + world.user.pem()),
      "'C=GB,O=Probe,CN=client1' in 'ca.pem' is no CA (basic constraints, or key usage); only the certificates of "
      "CAs belong there");
}

TEST_F(CredentialsTest, WhatMakesNoSenseTogetherIsRefused) {
  DaemonFiles files = world.daemon_files();
  files.allowed.emplace();
  files.clients = DaemonFiles::Clients::may_lack_certificate;
  EXPECT_THAT(refused(files), HasSubstr("a list of allowed names needs clients that must show a certificate"));
  files = world.daemon_files();
  files.certificates.clear();
  EXPECT_EQ(refused(files), "a daemon needs a certificate to show to its clients");
  const auto client = Credentials::client({.authorities = std::nullopt}, now);
  EXPECT_THAT(client.error().message, HasSubstr("without a CA no daemon can be trusted"));
}

TEST_F(CredentialsTest, AChainThatIsTooLongIsRefused) {
  OwnCertificate own = world.server.files();
  for (int i = 0; i < 3; ++i) own.certificate.text += world.ca.issue({.name = "CN=long", .padding = 30'000}).pem();
  EXPECT_THAT(refused(own), HasSubstr("bytes of certificates, more than 32768"));
}

TEST_F(CredentialsTest, AWeakCaBehindTheCertificateIsRefusedThoughNobodyNeedsIt) {
  const Authority weak({.name = "CN=Weak CA", .key = KeyKind::rsa1024});
  const std::string why =
      "the CA 'CN=Weak CA' behind the certificate in 'cert.pem' has a weak key, RSA with 1024 bits; make a new one: "
      "RSA "
      "with 2048 bits or more, or P-256, or remove it from the file if no peer needs it";
  EXPECT_EQ(refused(world.server.files(weak.pem())), why);
  EXPECT_EQ(refused(world.server.files(world.ca.pem() + weak.pem())), why);
  ClientFiles client = world.client_files();
  client.certificate = world.user.files(weak.pem());
  const auto made = Credentials::client(client, now);
  EXPECT_EQ(made ? "(none)" : made.error().message, why);
  const Authority above({.name = "CN=Above", .key = KeyKind::p256});
  const Authority below({.name = "CN=Below", .hash = "SHA1"}, above);
  EXPECT_EQ(
      refused(world.server.files(below.pem())),
      "the CA 'CN=Below' behind the certificate in 'cert.pem' is signed with a weak hash, ecdsa-with-SHA1; have it "
      "issued anew with SHA-256, or remove it from the file if no peer needs it");
}

TEST_F(CredentialsTest, ASignatureOfACaByItselfIsNobodysConcern) {
  const Authority old({.name = "CN=Old root", .key = KeyKind::p256, .hash = "SHA1"});
  DaemonFiles files = world.daemon_files();
  files.certificates = {world.server.files(old.pem())};
  TwoEnds two(Credentials::daemon(files, now).value(), world.client());
  two.carry();
  EXPECT_TRUE(two.open()) << why(two.daemon.tls);
}

// CAs whose names, as they are told, have so many bytes together.
std::vector<Authority> authorities_of(std::size_t bytes) {
  const auto named = [](std::size_t letters, std::size_t number) {
    return Authority({.name = "O=" + std::string(letters, 'o') + ",CN=" + std::to_string(1000 + number)});
  };
  const Issued issued = named(1, 0).issue({.name = "CN=x"});
  const auto around = static_cast<std::size_t>(
      2 + i2d_X509_NAME(X509_get_issuer_name(issued.certificate.get()), nullptr) - 1);  // beside the letters
  const std::size_t count = bytes / (around + 40), letters = bytes - count * around;
  std::vector<Authority> all;
  for (std::size_t number = 0; number < count; ++number) {
    all.push_back(named(letters / count + (number < letters % count ? 1 : 0), number));
  }
  return all;
}

struct Told {
  std::string failure;
  int names;
};
// What a client hears of the daemon's CAs.
Told told(const World& world, const DaemonFiles& files, int version) {
  Bare client(Side::client);
  client.show(world.user);
  SSL_CTX_set_max_proto_version(client.context(), version);
  End daemon{Tls(Credentials::daemon(files, now).value(), {.now = now})};
  client.carry(daemon);
  return {.failure = why(daemon.tls) + client.complaint,
          .names = std::max(0, sk_X509_NAME_num(SSL_get0_peer_CA_list(client.ssl())))};
}

TEST_F(CredentialsTest, AsManyCasAreToldAsFitAndMoreAreTrustedAllTheSame) {
  const std::size_t own =
      2 + static_cast<std::size_t>(i2d_X509_NAME(X509_get_issuer_name(world.user.certificate.get()), nullptr));
  for (const std::size_t more : {0u, 1u}) {
    DaemonFiles files = world.daemon_files();
    const auto others = authorities_of(limits::tls_authorities_max - own + more);
    for (const Authority& other : others) files.authorities.text += other.pem();
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      const Told heard = told(world, files, version);
      EXPECT_EQ(heard.failure, "(no failure)");
      EXPECT_EQ(heard.names, more == 0 ? static_cast<int>(others.size()) + 1 : 0);
    }
    TwoEnds two(Credentials::daemon(files, now).value(), world.client());
    two.carry();
    EXPECT_TRUE(two.open()) << why(two.daemon.tls) << why(two.client.tls);
  }
}

// Together they are most of what a client takes from a daemon that has not shown yet who it is.
TEST_F(CredentialsTest, TheLongestChainAndTheMostCasGoThroughAHandshake) {
  const auto with_padding = [this](unsigned padding) {
    return world.server.files(world.ca.issue({.name = "CN=long", .padding = padding}).pem());
  };
  unsigned fits = 30'000, too_many = 33'000;
  while (too_many - fits > 1) {
    const unsigned middle = (fits + too_many) / 2;
    (refused(with_padding(middle)) == "(none)" ? fits : too_many) = middle;
  }
  DaemonFiles files = world.daemon_files();
  files.certificates = {with_padding(fits)};
  for (const Authority& other : authorities_of(limits::tls_authorities_max - 100)) {
    files.authorities.text += other.pem();
  }
  ClientFiles client = world.client_files();
  client.certificate = world.user.files(world.ca.issue({.name = "CN=long", .padding = fits - 1000}).pem());
  TwoEnds two(Credentials::daemon(files, now).value(), Credentials::client(client, now).value());
  two.carry();
  EXPECT_TRUE(two.open()) << why(two.daemon.tls) << why(two.client.tls);
  EXPECT_EQ(told(world, files, TLS1_2_VERSION).failure, "(no failure)");
}

TEST(Names, ArePrintedInTheCertificatesOwnOrderAndEscaped) {
  const auto printed = [](const std::string& name) {
    return distinguished_name(laboratory::make({.name = name}, nullptr).certificate.get());
  };
  EXPECT_EQ(printed("C=GB,ST=x,L=y,O=Probe,OU=z,CN=client1"), "C=GB,ST=x,L=y,O=Probe,OU=z,CN=client1");
  EXPECT_EQ(printed("DC=example,UID=me,emailAddress=a@b"), "DC=example,UID=me,EMAIL=a@b");
  EXPECT_EQ(printed("CN=a+b;c"), R"(CN=a\+b\;c)");
  EXPECT_EQ(printed("CN= a"), R"(CN=\ a)");
  EXPECT_EQ(printed("CN=B\xc3\xbcro"), "CN=B\xc3\xbcro");
  EXPECT_EQ(printed("CN=a\nb"), R"(CN=a\0Ab)");
}

TEST(Patterns, StandForTheWholeText) {
  EXPECT_TRUE(matches("", ""));
  EXPECT_FALSE(matches("", "a"));
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("a*", "abc"));
  EXPECT_FALSE(matches("a", "abc"));
  EXPECT_FALSE(matches("b*", "abc"));
  EXPECT_TRUE(matches("*c", "abc"));
  EXPECT_TRUE(matches("*b*", "abc"));
  EXPECT_TRUE(matches("a*b*c", "a1b2b3c"));
  EXPECT_FALSE(matches("a*b*c", "a1b2b3d"));
  EXPECT_TRUE(matches("a?c", "abc"));
  EXPECT_FALSE(matches("a?c", "ac"));
  EXPECT_TRUE(matches("?", "\xc3\xbc")) << "a character, however many bytes it has";
}

TEST(Patterns, TakeOnlyStarsAndQuestionMarksForMoreThanTheyAre) {
  EXPECT_TRUE(matches("CN=[a]", "CN=[a]"));
  EXPECT_FALSE(matches("CN=[ab]", "CN=a"));
  EXPECT_TRUE(matches(R"(CN=a\,b)", R"(CN=a\,b)"));
}

TEST(Patterns, AHostileNameCostsLittle) {
  const std::string text(100'000, 'a');
  EXPECT_FALSE(matches("*a*a*a*a*a*a*a*b", text));
}

}  // namespace
}  // namespace sluice::secure
