// Both ends of SASL, with cyrus' own password file between them.
#include "daemon/sasl_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "io/failure.h"
#include "io/fake_clock.h"
#include "io/loop.h"
#include "io/temporary_directory.h"

namespace sluice::daemon {
namespace {

using testing::HasSubstr;

struct Laboratory {
  Laboratory() {
    const std::string passwords = directory / "passwords";
    std::ofstream(directory / "sluice.conf")
        << "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: " << passwords << "\n";
    const std::string command = "/usr/sbin/saslpasswd2 -p -c -a libvirt -f '" + passwords + "' alice";
    FILE* const tool = ::popen(command.c_str(), "w");
    std::fputs("secret", tool);
    if (::pclose(tool) != 0) throw std::runtime_error("saslpasswd2 failed");
  }
  io::TemporaryDirectory directory;
};

struct SaslGateTest : testing::Test {
  static void SetUpTestSuite() { laboratory = new Laboratory; }
  static void TearDownTestSuite() { delete laboratory; }
  static inline Laboratory* laboratory = nullptr;

  SaslGate& gate(std::vector<std::string> mechanisms = {"SCRAM-SHA-512", "SCRAM-SHA-256"}) {
    if (!gate_) {
      const SaslGate::Options options{.directory = laboratory->directory.path(), .mechanisms = std::move(mechanisms)};
      gate_.emplace(options, disk, clock, log);
    }
    return *gate_;
  }

  static io::Identity stranger(int strength = 256) {
    return {.transport = "tcp", .uid = {}, .gid = {}, .pid = {}, .address = "192.0.2.1:4711", .strength = strength};
  }

  struct Who {
    std::string user = "alice", password = "secret";
    std::vector<std::string> mechanisms{"SCRAM-SHA-512", "SCRAM-SHA-256"};
    int strength = 256;
  };

  // The user whom the daemon knows in the end; what went wrong is thrown.
  std::string log_in(const Who& who) {
    const auto login = gate().logins()(stranger(who.strength));
    return io::run_on(loop.executor(), converse(*login, who));
  }
  std::string log_in() { return log_in(Who{}); }
  std::string refusal(const Who& who) {
    try {
      return "let in: " + log_in(who);
    } catch (const io::Failure& e) {
      return e.error.message;
    }
  }

  static io::Task<std::string> converse(service::Login& login, const Who& who) {
    const auto client = io::or_throw(
        secure::SaslClient::make({.host = "localhost", .mechanisms = who.mechanisms, .strength = who.strength}));
    client->answer(secure::SaslQuestion::user, who.user);
    client->answer(secure::SaslQuestion::password, who.password);
    const std::string offer = co_await login.mechanisms();
    std::vector<std::string> offered;
    std::istringstream words(offer);
    for (std::string word; std::getline(words, word, ',');) offered.push_back(word);
    const auto started = io::or_throw(client->start(offered));
    service::LoginStep theirs = co_await login.start(started.mechanism, started.step.data);
    bool complete = started.step.complete;
    while (!theirs.complete || !complete) {
      const auto ours = io::or_throw(client->step(theirs.data));
      complete = ours.complete;
      if (theirs.complete) break;
      theirs = co_await login.step(ours.data);
    }
    EXPECT_TRUE(complete);
    co_return login.user();
  }

  io::Loop loop;
  io::FakeClock clock;
  std::vector<std::string> said;
  io::Logger log = io::Logger::to({}, [this](std::string_view line) { said.emplace_back(line); });
  io::Disk disk;
  std::optional<SaslGate> gate_;
};

TEST_F(SaslGateTest, WhoKnowsThePasswordIsLetIn) {
  EXPECT_EQ(log_in(), "alice");
  ASSERT_EQ(said.size(), 1u);
  EXPECT_THAT(said.front(), HasSubstr("logged in"));
  EXPECT_THAT(said.front(), HasSubstr("mechanism=SCRAM-SHA-512"));
  EXPECT_THAT(said.front(), testing::Not(HasSubstr("secret")));
}

TEST_F(SaslGateTest, TheStrongestMechanismThatBothKnowIsTaken) {
  EXPECT_EQ(log_in({.mechanisms = {"SCRAM-SHA-256"}}), "alice");
  EXPECT_THAT(said.back(), HasSubstr("SCRAM-SHA-256"));
}

TEST_F(SaslGateTest, WrongPasswordsAndUnknownUsersAreRefused) {
  EXPECT_THAT(refusal({.password = "guess"}), HasSubstr("not authenticated"));
  EXPECT_THAT(refusal({.password = ""}), testing::Not(HasSubstr("let in")));
  EXPECT_THAT(refusal({.user = "mallory"}), HasSubstr("not authenticated"));
  EXPECT_THAT(said.back(), HasSubstr("login refused"));
}

TEST_F(SaslGateTest, AMechanismThatWasNotOfferedIsRefused) {
  const auto login = gate({"SCRAM-SHA-256"}).logins()(stranger());
  auto steal = [&]() -> io::Task<> {
    EXPECT_EQ(co_await login->mechanisms(), "SCRAM-SHA-256");
    co_await login->start("PLAIN", Buffer(16));
  };
  try {
    io::run_on(loop.executor(), steal());
    FAIL() << "let in";
  } catch (const io::Failure& e) {
    EXPECT_THAT(e.error.message, HasSubstr("'PLAIN' was not offered"));
  }
}

TEST_F(SaslGateTest, PlainPasswordsAreTakenOverTlsOnly) {
  gate({"PLAIN"});
  EXPECT_EQ(log_in({.mechanisms = {"PLAIN"}}), "alice");
  EXPECT_THAT(refusal({.mechanisms = {"PLAIN"}, .strength = 0}), HasSubstr("none of the mechanisms PLAIN"));
}

TEST_F(SaslGateTest, AfterManyFailuresNothingIsComputedForTheSamePlace) {
  for (std::size_t i = 0; i < FailedLogins::at_once; ++i) refusal({.password = "guess"});
  EXPECT_THAT(refusal(Who{}), HasSubstr("too many attempts from '192.0.2.1' have failed"));
  clock.advance(FailedLogins::one_in);
  EXPECT_EQ(log_in(), "alice");
}

TEST_F(SaslGateTest, WhoLeavesInTheMiddleHasFailed) {
  for (std::size_t i = 0; i < FailedLogins::at_once; ++i) {
    const auto login = gate().logins()(stranger());
    auto begin = [&]() -> io::Task<> {
      static_cast<void>(co_await login->mechanisms());
      const std::string_view first = "n,,n=alice,r=abcdefgh";
      const Bytes bytes = as_bytes(first);
      static_cast<void>(co_await login->start("SCRAM-SHA-256", Buffer(bytes.begin(), bytes.end())));
    };
    io::run_on(loop.executor(), begin());
  }
  EXPECT_THAT(refusal(Who{}), HasSubstr("too many attempts"));
}

TEST_F(SaslGateTest, OnlySoManyLogInAtOnceAndThoseWhoHaveAreNotCounted) {
  std::vector<std::unique_ptr<service::Login>> held;
  const auto newcomer = gate().logins();
  held.push_back(newcomer(stranger()));
  EXPECT_EQ(io::run_on(loop.executor(), converse(*held.front(), {})), "alice");
  for (std::size_t i = 0; i < SaslGate::attempts_max; ++i) held.push_back(newcomer(stranger()));
  EXPECT_THAT(refusal({}), HasSubstr("too many log in at once"));
  held.pop_back();
  EXPECT_EQ(log_in(), "alice");
}

TEST_F(SaslGateTest, AnAccountHasOneNameHoweverItIsTyped) {
  gate();
  const std::string host = io::or_throw(secure::SaslServer::make({.mechanisms = {"SCRAM-SHA-256"}}))->host();
  EXPECT_EQ(log_in({.user = "alice@" + host}), "alice");
}

TEST_F(SaslGateTest, ADoorWhereNobodyCouldLogInIsNamedAtTheStart) {
  gate({"PLAIN"}).check(256);
  EXPECT_THROW(gate().check(0), io::Failure);
}

TEST_F(SaslGateTest, AMechanismThatIsNotInstalledIsNamedAtTheStart) {
  try {
    gate({"SCRAM-SHA-1024"});
    FAIL() << "opened";
  } catch (const io::Failure& e) {
    EXPECT_THAT(e.error.message, HasSubstr("none of the mechanisms SCRAM-SHA-1024"));
    EXPECT_THAT(e.error.message, HasSubstr("SCRAM-SHA-256"));
  }
}

// What the client does toward daemons that are not honest.
struct SaslClientTest : testing::Test {
  static std::unique_ptr<secure::SaslClient> client() {
    auto made = io::or_throw(
        secure::SaslClient::make({.host = "localhost", .mechanisms = {"SCRAM-SHA-256", "PLAIN"}, .strength = 0}));
    made->answer(secure::SaslQuestion::user, "alice");
    made->answer(secure::SaslQuestion::password, "secret");
    return made;
  }
  static secure::SaslData says(std::string_view text) {
    const Bytes bytes = as_bytes(text);
    return Buffer(bytes.begin(), bytes.end());
  }
};

TEST_F(SaslClientTest, APasswordIsNotSentInTheClear) {
  const auto started = client()->start({"PLAIN"});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::auth_failed);
}

TEST_F(SaslClientTest, WhatItAsksIsAnsweredBetweenTwoTries) {
  auto alice = io::or_throw(secure::SaslClient::make({.host = "localhost", .mechanisms = {"SCRAM-SHA-256"}}));
  const auto asked = alice->start({"SCRAM-SHA-256"});
  ASSERT_TRUE(asked);
  EXPECT_FALSE(asked->step.asked.empty());
  alice->answer(secure::SaslQuestion::user, "alice");
  alice->answer(secure::SaslQuestion::password, "secret");
  const auto started = alice->start({"SCRAM-SHA-256"});
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_EQ(started->mechanism, "SCRAM-SHA-256");
  EXPECT_THAT(as_text(*started->step.data), HasSubstr("n=alice"));
  const auto step = alice->step(says("r=abc,s=QSXCR+Q6sek8bf92,i=4000000000"));
  ASSERT_FALSE(step);
  EXPECT_THAT(step.error().message, HasSubstr("hashed more than")) << "it knows what is spoken";
}

TEST_F(SaslClientTest, WeakMechanismsAreNotUsed) {
  const auto started = client()->start({"LOGIN", "CRAM-MD5"});
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("offers the mechanisms LOGIN, CRAM-MD5"));
}

TEST_F(SaslClientTest, ADaemonCannotKeepItBusyForMinutes) {
  const auto alice = client();
  const auto started = alice->start({"SCRAM-SHA-256"});
  ASSERT_TRUE(started);
  const auto step = alice->step(says("r=abc,s=QSXCR+Q6sek8bf92,i=4000000000"));
  ASSERT_FALSE(step);
  EXPECT_THAT(step.error().message, HasSubstr("hashed more than 1000000 times"));
}

TEST_F(SaslClientTest, ADaemonThatDoesNotKnowThePasswordIsFoundOut) {
  const auto alice = client();
  const auto started = alice->start({"SCRAM-SHA-256"});
  ASSERT_TRUE(started);
  const std::string first(as_text(*started->step.data));
  const std::string nonce = first.substr(first.find(",r=") + 3);
  const auto proof = alice->step(says("r=" + nonce + "more,s=QSXCR+Q6sek8bf92,i=4096"));
  ASSERT_TRUE(proof) << proof.error().message;
  EXPECT_FALSE(proof->complete);
  EXPECT_FALSE(alice->step(says("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")));
}

TEST_F(SaslClientTest, NonsenseIsAnErrorAndNoCrash) {
  for (const std::string_view nonsense : {"", ",", "r=", "i=5", "r=a,s=b", "e=other-error", "\xff\xfe", "i=,i=,i="}) {
    const auto alice = client();
    ASSERT_TRUE(alice->start({"SCRAM-SHA-256"}));
    EXPECT_FALSE(alice->step(says(nonsense))) << nonsense;
  }
  const auto alice = client();
  ASSERT_TRUE(alice->start({"SCRAM-SHA-256"}));
  EXPECT_FALSE(alice->step(std::nullopt));
}

}  // namespace
}  // namespace sluice::daemon
