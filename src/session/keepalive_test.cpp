// Pings and pongs: who is asked, who answers, and when a peer is given up.

#include "session/keepalive.h"

#include <gmock/gmock.h>

#include "session/alone.h"

namespace sluice::session {
namespace {

using std::chrono::seconds;

const Instant start{std::chrono::hours(1)};
const Header ping = keepalive(remote::keepalive_ping);
const Header pong = keepalive(remote::keepalive_pong);

Alone asked_daemon(std::int32_t feature) {
  Alone daemon(Side::daemon, sample_options(all_programs));
  daemon.arrives(remote_header(Kind::call, remote::ConnectSupportsFeature::proc, 0), xdr::encode(feature));
  daemon.session.reply(remote_id(remote::ConnectSupportsFeature::proc, 0), xdr::encode(std::uint32_t{1}));
  daemon.said();
  daemon.told();
  return daemon;
}

TEST(Keepalive, APingIsAnsweredBeforeEverythingElse) {
  Alone daemon(Side::daemon, sample_options(all_programs));
  daemon.arrives(remote_header(Kind::call, remote::AuthList::proc, 0));
  daemon.session.reply(remote_id(remote::AuthList::proc, 0), {});
  daemon.arrives(ping);
  daemon.arrives(ping);
  EXPECT_EQ(daemon.said(), "EVENT pong #0 ok\nEVENT pong #0 ok\nREPLY auth_list #0 ok\n")
      << "before any opening, and ahead of a reply";
}

TEST(Keepalive, AClientIsAskedOnlyIfItSaysThatItCanAnswer) {
  EXPECT_FALSE(asked_daemon(14).session.deadline());
  EXPECT_TRUE(asked_daemon(10).session.deadline());
}

TEST(Keepalive, AnotherSluiceIsAlwaysAsked) {
  Alone daemon(Side::daemon);
  EXPECT_FALSE(daemon.session.deadline());
  daemon.become_extended();
  EXPECT_TRUE(daemon.session.deadline());
}

TEST(Keepalive, TheClientAsksFromTheOpenOn) {
  Alone client(Side::client, sample_options(all_programs));
  EXPECT_FALSE(client.session.deadline());
  client.session.call(remote::Remote::number, remote::ConnectOpen::proc, {}, {});
  client.arrives(remote_header(Kind::reply, remote::ConnectOpen::proc, 0));
  EXPECT_TRUE(client.session.deadline());
}

TEST(Keepalive, AnIntervalOfZeroSwitchesOwnPingsOffAndAnswersStay) {
  Options options = sample_options();
  options.ping_interval = Duration::zero();
  Alone client(Side::client, options);
  EXPECT_FALSE(client.session.deadline());
  client.arrives(ping);
  EXPECT_EQ(client.said(), "EVENT pong #0 ok\n");
}

TEST(Keepalive, AfterSilenceItAsksAndAfterMoreSilenceItGivesUp) {
  Options options = sample_options();
  options.ping_count = 2;
  Alone client(Side::client, options);
  client.session.tick(start);
  EXPECT_EQ(client.session.deadline(), start + seconds(5));
  client.session.tick(start + seconds(4));
  EXPECT_EQ(client.said(), "");
  client.session.tick(start + seconds(5));
  EXPECT_EQ(client.said(), "EVENT ping #0 ok\n");
  client.session.tick(start + seconds(10));
  EXPECT_EQ(client.said(), "EVENT ping #0 ok\n");
  client.session.tick(start + seconds(15));
  EXPECT_EQ(client.told(), "broken: the peer has not answered 2 pings\n");
  EXPECT_FALSE(client.session.deadline());
}

TEST(Keepalive, AnythingThatArrivesIsASignOfLife) {
  Options options = sample_options();
  options.ping_count = 1;
  Alone client(Side::client, options);
  client.session.call(Sample::number, Download::proc, {}, {});
  client.arrives(reply(Download::proc, 0));
  client.said();
  const Buffer whole = wire::frame(data(Download::proc, 0), Buffer(100));
  client.arrives_raw(Bytes(whole).first(30));
  client.session.tick(start);
  for (int i = 1; i < 10; ++i) {
    client.arrives_raw(Bytes(whole).subspan(29 + static_cast<std::size_t>(i), 1));  // a byte of a body is enough
    client.session.tick(start + i * seconds(5));
  }
  EXPECT_EQ(client.said(), "");
  client.session.tick(start + seconds(50));
  EXPECT_EQ(client.said(), "EVENT ping #0 ok\n");
  client.arrives(pong);
  client.session.tick(start + seconds(55));
  client.session.tick(start + seconds(60));
  EXPECT_EQ(client.said(), "EVENT ping #0 ok\n") << "the count begins again";
}

TEST(Keepalive, WhileBrakedItAsksEveryIntervalAndGivesNobodyUp) {
  Keepalive keepalive(seconds(5), 2);
  keepalive.enable();
  EXPECT_EQ(keepalive.tick(start, true), KeepaliveAction::none);
  for (int i = 1; i < 10; ++i) EXPECT_EQ(keepalive.tick(start + i * seconds(5), true), KeepaliveAction::ping) << i;
  EXPECT_EQ(keepalive.tick(start + seconds(50), false), KeepaliveAction::ping);
  EXPECT_EQ(keepalive.tick(start + seconds(55), false), KeepaliveAction::ping);
  EXPECT_EQ(keepalive.tick(start + seconds(60), false), KeepaliveAction::give_up);
  EXPECT_EQ(keepalive.state(), KeepaliveState::dead);
}

TEST(Keepalive, AnotherVersionOfItIsAnUnknownProgram) {
  Alone client(Side::client);
  Header odd = ping;
  odd.version = 2;
  client.arrives(odd);
  EXPECT_THAT(client.told(), testing::HasSubstr("unknown program"));
}

}  // namespace
}  // namespace sluice::session
