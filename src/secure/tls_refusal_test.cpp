// The certificates that are refused, on both sides: each with its own sentence on the side that refuses, an alert for
// the other, and nothing of the application before.

#include <gmock/gmock.h>

#include "secure/two_ends_test.h"

namespace sluice::secure {
namespace {

using laboratory::day;
using laboratory::day_half;
using laboratory::KeyKind;
using laboratory::Wish;
using testing::HasSubstr;
using testing::IsEmpty;

struct Case {
  const char* name;
  Wish wish;                      // what the certificate is like
  const char* says;               // the side that refuses
  const char* is_told;            // the other
  const Authority* by = nullptr;  // another authority
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

const Authority& stranger() {
  static const Authority authority({.name = "CN=Another CA"});
  return authority;
}
const Authority& namesake() {  // the same name, another kind of key
  static const Authority authority({.name = "CN=Laboratory CA", .key = KeyKind::p256});
  return authority;
}
const Authority& forger() {  // the same name, and a key of the same kind
  static const Authority authority({.name = "CN=Laboratory CA", .variant = 1});
  return authority;
}
const Authority& itself() {
  static const Authority authority({.name = "CN=nobody"});
  return authority;
}

struct RefusalTest : testing::TestWithParam<Case> {
  World world;

  // The certificate of the case as one side shows it. Its own side would have refused it when it was loaded, so it
  // comes from a peer that does not look.
  Issued issued(Side owner) const {
    Wish wish = GetParam().wish;
    if (wish.name.empty()) wish.name = "CN=refused";
    if (wish.hosts.empty() && owner == Side::daemon) wish.hosts = "DNS:node1.example";
    if (GetParam().by == &itself()) return laboratory::make(wish, nullptr);
    return (GetParam().by != nullptr ? *GetParam().by : world.ca).issue(wish);
  }
  static void show(Bare& bare, const Issued& issued) {
    SSL_CTX_set_security_level(bare.context(), 0);
    bare.show(issued);
  }
};

TEST_P(RefusalTest, TheDaemonRefusesSuchAClient) {
  Bare client(Side::client);
  show(client, issued(Side::client));
  DaemonFiles files = world.daemon_files();
  files.revocations = world.ca.revocations({666});
  End daemon{Tls(Credentials::daemon(files, now).value(), {.now = now})};
  client.carry(daemon);
  ASSERT_EQ(daemon.tls.state(), FilterState::failed);
  EXPECT_THAT(why(daemon.tls), HasSubstr("the client's certificate"));
  EXPECT_THAT(why(daemon.tls), HasSubstr(GetParam().says));
  EXPECT_EQ(daemon.tls.failure()->code, Code::auth_failed);
  EXPECT_THAT(client.complaint, HasSubstr(GetParam().is_told));
  EXPECT_EQ(client.plain, "") << "it was not welcomed";
  // Whatever it sends now is not looked at any more.
  Buffer into(100);
  const auto [used, plain] = daemon.tls.receive(as_bytes("anything"), into);
  EXPECT_EQ(used, 8u);
  EXPECT_EQ(plain, 0u);
  EXPECT_EQ(daemon.tls.encrypt(as_bytes("anything")), 0u);
}

TEST_P(RefusalTest, TheClientRefusesSuchADaemon) {
  Bare daemon(Side::daemon);
  show(daemon, issued(Side::daemon));
  ClientFiles files = world.client_files();
  files.revocations = world.ca.revocations({666});
  End client{Tls(Credentials::client(files, now).value(), {.now = now, .host = host})};
  daemon.carry(client);
  EXPECT_EQ(client.tls.state(), FilterState::failed);
  EXPECT_THAT(why(client.tls), HasSubstr("the daemon's certificate"));
  EXPECT_THAT(why(client.tls), HasSubstr(GetParam().says));
  EXPECT_THAT(daemon.complaint, HasSubstr(GetParam().is_told));
  EXPECT_EQ(daemon.plain, "");
  EXPECT_THAT(client.plain, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Certificates, RefusalTest,
    testing::Values(Case{"Expired",
                         {.name = "", .until = now - day_half},
                         "expired at 2033-05-17 15:33:20 UTC; renew it",
                         "certificate expired"},
                    Case{"NotYetValid",
                         {.name = "", .from = now + day_half},
                         "is not valid before 2033-05-18 15:33:20 UTC; wait until then",
                         "bad certificate"},
                    Case{"OfAnotherCa",
                         {.name = ""},
                         "was issued by 'CN=Another CA', which is none of the CAs in 'ca.pem'",
                         "unknown ca",
                         &stranger()},
                    Case{"OfANamesake",
                         {.name = ""},
                         "was issued by a CA 'CN=Laboratory CA' that is not the one of that name in 'ca.pem'",
                         "unknown ca",
                         &namesake()},
                    Case{"Forged",
                         {.name = ""},
                         "was not signed by the CA it names, 'CN=Laboratory CA'",
                         "decrypt error",
                         &forger()},
                    Case{"SelfSigned",
                         {.name = ""},
                         "is signed by itself; have it issued by one of the CAs in 'ca.pem'",
                         "unknown ca",
                         &itself()},
                    Case{"WrongExtendedUsage",
                         {.name = "", .extended = "codeSigning"},
                         "it has extended key usage 'code signing'; have it issued with",
                         "unsupported certificate"},
                    Case{"WrongUsage",
                         {.name = "", .usage = "critical,cRLSign"},
                         "it has key usage 'revocation list signing'; have it issued with",
                         "unsupported certificate"},
                    Case{"Revoked",
                         {.name = "", .serial = 666},
                         "was revoked by 'CN=Laboratory CA' (serial number 029A in 'crl.pem'); have a new one issued",
                         "certificate revoked"},
                    Case{"WeakKey",
                         {.name = "", .key = KeyKind::rsa1024},
                         "has a weak key, RSA with 1024 bits; make a new one",
                         "bad certificate"}),
    [](const auto& info) { return std::string(info.param.name); });

struct NamesTest : testing::Test {
  World world;
  End daemon_allowing(std::vector<std::string> names) const {
    DaemonFiles files = world.daemon_files();
    files.allowed = std::move(names);
    return End{Tls(Credentials::daemon(files, now).value(), {.now = now})};
  }
  // Gives what the client was told.
  std::string told(End& daemon) const {
    Bare client(Side::client);
    client.show(world.user);
    client.carry(daemon);
    return client.complaint;
  }
};

TEST_F(NamesTest, ANameThatIsOnTheListIsLetIn) {
  for (const char* pattern : {"C=GB,O=Probe,CN=client1", "*CN=client1", "C=GB,O=*,CN=client?"}) {
    End daemon = daemon_allowing({"CN=somebody", pattern});
    EXPECT_EQ(told(daemon), "") << why(daemon.tls);
    EXPECT_EQ(daemon.tls.state(), FilterState::open) << pattern;
  }
}

TEST_F(NamesTest, ANameThatIsNotOnTheListIsRefusedAndNotToldWhy) {
  for (const std::vector<std::string>& names : {std::vector<std::string>{}, {"CN=client1", "C=GB,O=Probe,CN=client"}}) {
    End daemon = daemon_allowing(names);
    EXPECT_THAT(told(daemon), HasSubstr("certificate unknown"));
    EXPECT_EQ(daemon.tls.state(), FilterState::failed);
    EXPECT_EQ(why(daemon.tls),
              "the client's certificate, 'C=GB,O=Probe,CN=client1', is in order, but its name is not in the list of "
              "allowed names; add it there, exactly or as a pattern, if this client may connect");
  }
}

TEST_F(NamesTest, ANameCannotPretendToBeLonger) {
  const Issued sly = world.ca.issue({.name = R"(O=p,CN=x\,CN=admin)"});  // one part whose text looks like two
  for (const auto& [pattern, state] :
       {std::pair{"O=p,CN=x,CN=admin", FilterState::failed}, {R"(O=p,CN=x\,CN=admin)", FilterState::open}}) {
    End daemon = daemon_allowing({pattern});
    Bare client(Side::client);
    client.show(sly);
    client.carry(daemon);
    EXPECT_EQ(daemon.tls.state(), state) << pattern;
  }
}

struct OtherRefusalTest : testing::Test {
  World world;
};

TEST_F(OtherRefusalTest, AClientWithoutACertificateIsRefused) {
  ClientFiles files = world.client_files();
  files.certificate.reset();
  TwoEnds two(world.daemon(), Credentials::client(files, now).value());
  two.carry();
  EXPECT_EQ(why(two.daemon.tls), "the client has shown no certificate, and one is required");
  EXPECT_EQ(why(two.client.tls),
            "the daemon wants a certificate and this client has shown none (TLS alert 116, certificate required)");
  EXPECT_EQ(two.client.tls.failure()->origin, Origin::remote);
  EXPECT_THAT(two.client.plain, IsEmpty());
}

TEST_F(OtherRefusalTest, ADaemonMayLetClientsInWithoutOneButChecksWhatIsShown) {
  DaemonFiles files = world.daemon_files();
  files.clients = DaemonFiles::Clients::may_lack_certificate;
  const Shared daemons = Credentials::daemon(files, now).value();
  ClientFiles without = world.client_files();
  without.certificate.reset();
  TwoEnds two(daemons, Credentials::client(without, now).value());
  two.carry();
  EXPECT_TRUE(two.open()) << why(two.daemon.tls);
  EXPECT_EQ(two.daemon.tls.peer().name, "");

  Bare client(Side::client);
  client.show(stranger().issue({.name = "CN=stranger"}));
  End daemon{Tls(daemons, {.now = now})};
  client.carry(daemon);
  EXPECT_THAT(why(daemon.tls), HasSubstr("was issued by 'CN=Another CA'"));
}

TEST_F(OtherRefusalTest, TheClientIsToldItIsNotWelcomeInWordsOfItsOwn) {
  DaemonFiles files = world.daemon_files();
  files.allowed.emplace();
  TwoEnds two(Credentials::daemon(files, now).value(), world.client());
  two.carry();
  EXPECT_EQ(
      why(two.client.tls),
      "the daemon refuses the certificate of this client: it refuses it (TLS alert 46, certificate unknown); its own "
      "log says more");
}

TEST_F(OtherRefusalTest, WithoutVerificationAnyDaemonIsTakenAndHasNoName) {
  ClientFiles files{.authorities = std::nullopt, .certificate = world.user.files(), .check = ClientFiles::Check::none};
  TwoEnds two(world.daemon(), Credentials::client(files, now).value(), {.now = now, .host = "whoever"});
  two.carry();
  EXPECT_TRUE(two.open()) << why(two.client.tls);
  EXPECT_EQ(two.client.tls.peer().name, "") << "nobody has checked it";
  EXPECT_EQ(two.daemon.tls.peer().name, "C=GB,O=Probe,CN=client1") << "the daemon checks in any case";
}

TEST_F(OtherRefusalTest, AnAddressMustBeInTheCertificate) {
  TwoEnds two(world.daemon(), world.client(), {.now = now, .host = "192.0.2.1"});
  two.carry();
  EXPECT_THAT(why(two.client.tls), HasSubstr("is not for '192.0.2.1' but for node1.example, 127.0.0.1; connect by"));
  EXPECT_THAT(why(two.daemon.tls),
              HasSubstr("the client refuses the certificate of this daemon: it refuses it as bad"));
}

TEST_F(OtherRefusalTest, ARevocationListMustBeValidAndThere) {
  const auto refused_with = [&](const Pem& revocations) {
    ClientFiles files = world.client_files();
    files.certificate.reset();
    files.revocations = revocations;
    TwoEnds two(world.daemon(), Credentials::client(files, now).value());
    two.carry();
    return why(two.client.tls);
  };
  EXPECT_THAT(
      refused_with(world.ca.revocations({}, now - 2 * day, now - day)),
      HasSubstr("the revocation list of 'CN=Laboratory CA' in 'crl.pem' is valid from 2033-05-16 03:33:20 UTC until "
                "2033-05-17 03:33:20 UTC; fetch the CA's present list"));
  EXPECT_THAT(refused_with(stranger().revocations({})),
              HasSubstr("'crl.pem' has no revocation list of 'CN=Laboratory CA'"));
}

TEST_F(OtherRefusalTest, OnlyTheOwnCaNeedsAListButEveryListIsHeeded) {
  const Authority middle({.name = "CN=Middle CA", .serial = 77}, world.ca);
  const Issued user = middle.issue({.name = "CN=below", .extended = "clientAuth"});
  const auto outcome = [&](const std::string& lists) {
    DaemonFiles files = world.daemon_files();
    files.authorities.text += middle.pem();
    files.revocations = Pem{"crl.pem", lists};
    files.certificates = {middle.issue({.name = "CN=daemon", .hosts = "DNS:node1.example"}).files(middle.pem())};
    const auto made = Credentials::daemon(files, now);
    if (!made) return made.error().message;
    Bare client(Side::client);
    client.show(user);
    End daemon{Tls(*made, {.now = now})};
    client.carry(daemon);
    return daemon.tls.state() == FilterState::open ? std::string("open") : why(daemon.tls);
  };
  const std::string of_middle = middle.revocations({}).text;
  EXPECT_EQ(outcome(of_middle), "open");
  EXPECT_THAT(outcome(of_middle + world.ca.revocations({77}).text), HasSubstr("the CA 'CN=Middle CA' behind"));
}

TEST_F(OtherRefusalTest, AnOrdinaryCertificateIsNoCa) {
  const Issued user = laboratory::make({.name = "CN=forged"}, &world.user);
  Bare client(Side::client);
  client.show(user);
  SSL_CTX_add1_chain_cert(client.context(), world.user.certificate.get());
  End daemon{Tls(world.daemon(), {.now = now})};
  client.carry(daemon);
  EXPECT_THAT(why(daemon.tls),
              HasSubstr("the CA 'C=GB,O=Probe,CN=client1' behind the client's certificate issued it but is no CA"));
}

}  // namespace
}  // namespace sluice::secure
