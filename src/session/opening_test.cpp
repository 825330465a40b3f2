// The order in which a connection begins: authentication, connect_open, everything else.

#include <gmock/gmock.h>

#include "session/alone.h"

namespace sluice::session {
namespace {

using remote::AuthList;
using remote::AuthPolkit;
using remote::AuthSaslInit;
using remote::AuthSaslStart;
using remote::AuthSaslStep;
using remote::ConnectClose;
using remote::ConnectGetHostname;
using remote::ConnectOpen;
using remote::ConnectSupportsFeature;

Alone fresh(bool authentication = false) {
  Options options = sample_options(all_programs);
  options.authentication = authentication;
  return Alone(Side::daemon, options);
}

// Calls and answers well, or with an error; what the daemon said to it.
std::string calls(Alone& daemon, const Proc& proc, std::optional<std::uint32_t> first_word, bool well = true) {
  static std::uint32_t serial = 0;
  daemon.arrives(remote_header(Kind::call, proc, ++serial));
  if (daemon.told().empty()) return daemon.said();
  const CallId id = remote_id(proc, serial);
  if (well) {
    daemon.session.reply(id, first_word ? xdr::encode(*first_word) : Buffer());
  } else {
    daemon.session.fail(id, error(Code::auth_failed, "authentication failed"));
  }
  return daemon.said();
}

bool passes(Alone& daemon, const Proc& proc) {
  return calls(daemon, proc, std::nullopt).find(" ok") != std::string::npos;
}

TEST(Opening, ACallBeforeItIsRefusedInLibvirtdsWords) {
  Alone daemon = fresh();
  EXPECT_THAT(calls(daemon, ConnectGetHostname::proc, {}),
              testing::EndsWith("error 1 hypervisor connection not open\n"));
  EXPECT_FALSE(passes(daemon, remote::DomainOpenConsole::proc));
  EXPECT_TRUE(passes(daemon, ConnectSupportsFeature::proc)) << "features are asked for before";
  EXPECT_TRUE(passes(daemon, AuthList::proc));
}

TEST(Opening, ThenCallsPassAndASecondOneIsRefused) {
  Alone daemon = fresh();
  EXPECT_TRUE(passes(daemon, ConnectOpen::proc));
  EXPECT_TRUE(daemon.session.open());
  EXPECT_TRUE(passes(daemon, ConnectGetHostname::proc));
  EXPECT_THAT(calls(daemon, ConnectOpen::proc, {}), testing::HasSubstr("error 1 "));
  EXPECT_TRUE(passes(daemon, ConnectGetHostname::proc)) << "and the first one stays";
}

TEST(Opening, MayFailAndBeTriedAgain) {
  Alone daemon = fresh();
  calls(daemon, ConnectOpen::proc, {}, false);
  EXPECT_FALSE(daemon.session.open());
  EXPECT_FALSE(passes(daemon, ConnectGetHostname::proc));
  EXPECT_TRUE(passes(daemon, ConnectOpen::proc));
  EXPECT_TRUE(daemon.session.open());
}

TEST(Opening, WhileItIsUnderWayNothingElseIsOpen) {
  Alone daemon = fresh();
  daemon.arrives(remote_header(Kind::call, ConnectOpen::proc, 0));
  daemon.arrives(remote_header(Kind::call, ConnectGetHostname::proc, 1));
  EXPECT_THAT(daemon.said(), testing::HasSubstr("not open"));
  EXPECT_EQ(daemon.told(), "call connect_open #0\n");
}

TEST(Opening, AfterTheCloseNothingPasses) {
  Alone daemon = fresh();
  passes(daemon, ConnectOpen::proc);
  EXPECT_TRUE(passes(daemon, ConnectClose::proc));
  EXPECT_FALSE(daemon.session.open());
  EXPECT_FALSE(passes(daemon, ConnectGetHostname::proc));
  EXPECT_FALSE(passes(daemon, ConnectOpen::proc));
}

TEST(Opening, BeforeAuthenticationOnlyThatPasses) {
  Alone daemon = fresh(true);
  for (const Proc* proc :
       {&ConnectOpen::proc, &ConnectClose::proc, &ConnectSupportsFeature::proc, &ConnectGetHostname::proc}) {
    EXPECT_THAT(calls(daemon, *proc, {}), testing::EndsWith("error 39 authentication required\n")) << proc->name;
  }
  daemon.arrives({.program = remote::Extension::number, .version = 1, .procedure = 1, .kind = Kind::call, .serial = 1});
  EXPECT_THAT(daemon.said(), testing::EndsWith("error 39 authentication required\n"));
  EXPECT_FALSE(daemon.session.extended());
  EXPECT_TRUE(passes(daemon, AuthList::proc));
  EXPECT_FALSE(passes(daemon, ConnectOpen::proc)) << "asking for the list is not authentication";
}

TEST(Opening, TakesSaslStepByStep) {
  Alone daemon = fresh(true);
  calls(daemon, AuthSaslInit::proc, 1);  // the length of the list of mechanisms, not a word of success
  EXPECT_FALSE(passes(daemon, ConnectOpen::proc));
  calls(daemon, AuthSaslStart::proc, 0);
  EXPECT_FALSE(passes(daemon, ConnectOpen::proc));
  calls(daemon, AuthSaslStep::proc, 0);
  EXPECT_FALSE(passes(daemon, ConnectOpen::proc));
  calls(daemon, AuthSaslStep::proc, 1);
  EXPECT_TRUE(passes(daemon, ConnectOpen::proc));
}

TEST(Opening, AFailedAuthenticationOpensNothing) {
  Alone daemon = fresh(true);
  calls(daemon, AuthSaslStart::proc, {}, false);
  EXPECT_FALSE(passes(daemon, ConnectOpen::proc));
  calls(daemon, AuthPolkit::proc, 1);
  EXPECT_TRUE(passes(daemon, ConnectOpen::proc));
}

TEST(Opening, PolkitIsCompleteAtOnce) {
  Alone daemon = fresh(true);
  calls(daemon, AuthPolkit::proc, 1);
  EXPECT_TRUE(passes(daemon, ConnectOpen::proc));
}

TEST(Opening, UnknownProceduresAreAnsweredAsSuchAtAnyTime) {
  Alone daemon = fresh(true);
  const Proc unknown{4711, "unknown", Streaming::none, Role::none};
  EXPECT_THAT(calls(daemon, unknown, {}), testing::HasSubstr("unknown procedure: 4711"));
}

TEST(Opening, AStrangerCallsSoOftenAndNoMore) {
  Alone daemon = fresh(true);
  const Proc unknown{4711, "unknown", Streaming::none, Role::none};
  for (int i = 0; i < 16; ++i) {
    EXPECT_THAT(calls(daemon, unknown, {}), testing::HasSubstr("unknown procedure"));
    EXPECT_TRUE(passes(daemon, AuthList::proc));
  }
  daemon.arrives(remote_header(Kind::call, AuthList::proc, 1000));
  EXPECT_THAT(daemon.told(), testing::StartsWith("broken: "));
  Alone known = fresh(true);
  calls(known, AuthPolkit::proc, 1);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(passes(known, AuthList::proc));
}

TEST(Opening, LongMessagesComeOnlyAfterIt) {
  Alone daemon = fresh();
  const Buffer longer(limits::message_unauthenticated_max + 1);
  daemon.arrives(remote_header(Kind::call, AuthSaslStart::proc, 0), longer);
  EXPECT_THAT(daemon.told(), testing::StartsWith("broken: "));
  Alone open = fresh();
  passes(open, ConnectOpen::proc);
  open.arrives(remote_header(Kind::call, ConnectGetHostname::proc, 100'000), longer);
  EXPECT_THAT(open.told(), testing::StartsWith("call connect_get_hostname"));
}

TEST(Opening, IsSeenByTheClientToo) {
  Alone client(Side::client, sample_options(all_programs));
  EXPECT_FALSE(client.session.open());
  client.session.call(remote::Remote::number, ConnectOpen::proc, {}, {});
  client.arrives(remote_header(Kind::reply, ConnectOpen::proc, 0));
  EXPECT_TRUE(client.session.open());
}

TEST(Opening, AServiceWithoutLibvirtsProgramHasNone) {
  EXPECT_TRUE(Alone(Side::daemon).session.open());
  Options options = sample_options();
  options.authentication = true;
  EXPECT_FALSE(Alone(Side::daemon, options).session.open()) << "unless one must authenticate first";
}

}  // namespace
}  // namespace sluice::session
