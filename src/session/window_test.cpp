// Credit between Sluice ends: what may be sent, when more is granted, and who breaks it.

#include "session/window.h"

#include <gmock/gmock.h>

#include "session/alone.h"

namespace sluice::session {
namespace {

using testing::HasSubstr;

Options window_of(std::uint64_t bytes) {
  Options options = sample_options();
  options.window = bytes;
  return options;
}

Alone extended(Side side, std::uint64_t window = 1000) {
  Alone end(side, window_of(window));
  end.become_extended();
  return end;
}

// A client's upload that is open and waits for credit.
Alone uploading() {
  Alone client = extended(Side::client);
  client.session.call(Sample::number, Upload::proc, {}, {});
  client.said();
  client.arrives(reply(Upload::proc, 1));
  client.told();
  return client;
}
const CallId upload = id_of(Upload::proc, 1);

TEST(Window, NothingIsSentBeforeTheFirst) {
  Alone client = uploading();
  client.ready(upload, "water");
  EXPECT_FALSE(client.session.wants_to_send());
  client.window(upload, 1000);
  EXPECT_EQ(client.told(), "window opened upload #1\n");
  EXPECT_EQ(client.said(), "STREAM upload #1 more 'water'\n");
}

TEST(Window, ChunksAreCutToFitAndPayForTheirHeads) {
  Alone client = uploading();
  client.ready(upload, "abcdefgh");
  client.window(upload, 28 + 3);
  EXPECT_EQ(client.said(), "STREAM upload #1 more 'abc'\n");
  client.window(upload, 28 + 3 + 28);
  EXPECT_EQ(client.said(), "") << "there is room for a head, and for nothing behind it";
  client.window(upload, 28 + 3 + 28 + 1);
  EXPECT_EQ(client.said(), "STREAM upload #1 more 'd'\n");
}

TEST(Window, FinishAndAbortCostNothing) {
  Alone client = uploading();
  client.session.finish(upload);
  EXPECT_EQ(client.said(), "STREAM upload #1 ok\n");
  Alone other = uploading();
  other.session.abort(upload, error(Code::operation_aborted, "no"));
  EXPECT_EQ(other.said(), "STREAM upload #1 error 78 no\n");
}

TEST(Window, AHolePaysForItsFrame) {
  Alone client = uploading();
  client.session.hole(upload, 1 << 20);
  client.window(upload, 39);
  EXPECT_EQ(client.said(), "");
  client.window(upload, 40);
  EXPECT_EQ(client.said(), "HOLE upload #1 1048576\n");
}

TEST(Window, ALowerLimitAndOneForAnUnknownStreamAreIgnored) {
  Alone client = uploading();
  client.window(upload, 500);
  client.window(upload, 400);
  client.window(id_of(Upload::proc, 99), 500);
  client.window(id_of(Plain::proc, 1), 500);
  EXPECT_EQ(client.told(), "window opened upload #1\n");
}

TEST(Window, AnImpossibleOneEndsTheConnection) {
  Alone client = uploading();
  client.window(upload, window_limit_max);
  EXPECT_THAT(client.told(), HasSubstr("window opened"));
  client.window(upload, window_limit_max + 1);
  EXPECT_THAT(client.told(), HasSubstr("broken: "));
  Alone other = uploading();
  other.arrives({.program = remote::Extension::number, .version = 1, .procedure = 2, .kind = Kind::event, .serial = 0},
                "short");
  EXPECT_THAT(other.told(), HasSubstr("a window message cannot be read"));
}

TEST(Window, TheClientOpensItWithTheCall) {
  Alone client = extended(Side::client, 1000);
  client.session.call(Sample::number, Download::proc, {}, {});
  EXPECT_EQ(client.said(), "CALL download #1 ok\nWINDOW download #1 1000\n");
  client.session.call(Sample::number, Upload::proc, {}, {});
  EXPECT_EQ(client.said(), "CALL upload #2 ok\n") << "where it receives nothing there is none";
}

TEST(Window, TheDaemonOpensItWithTheReply) {
  Alone daemon = extended(Side::daemon, 1000);
  daemon.arrives(call(Upload::proc, 1));
  EXPECT_EQ(daemon.said(), "");
  daemon.session.accept(upload, {});
  EXPECT_EQ(daemon.said(), "REPLY upload #1 ok\nWINDOW upload #1 1000\n");
}

TEST(Window, MoreIsGrantedWhenHalfOfItWasTaken) {
  Alone daemon = extended(Side::daemon, 1000);
  daemon.arrives(call(Upload::proc, 1));
  daemon.session.accept(upload, {});
  daemon.said();
  for (int i = 0; i < 10; ++i) daemon.arrives(data(Upload::proc, 1), std::string(72, 'x'));
  EXPECT_EQ(daemon.said(), "") << "arriving is not taking";
  for (int i = 0; i < 4; ++i) daemon.session.taken(upload, 100);
  EXPECT_EQ(daemon.said(), "");
  daemon.session.taken(upload, 100);
  EXPECT_EQ(daemon.said(), "WINDOW upload #1 1500\n");
}

TEST(Window, WhoBreaksItLosesThatStreamOnly) {
  Alone daemon = extended(Side::daemon, 1000);
  for (const std::uint32_t serial : {1u, 2u}) {
    daemon.arrives(call(Upload::proc, serial));
    daemon.session.accept(id_of(Upload::proc, serial), {});
  }
  daemon.said();
  daemon.told();
  daemon.arrives(data(Upload::proc, 1), std::string(972, 'x'));
  EXPECT_EQ(daemon.told(), "") << "exactly full";
  daemon.arrives(data(Upload::proc, 1), "y");
  EXPECT_EQ(daemon.said(),
            "STREAM upload #1 error 39 stream of upload is broken off: more arrived than its window allows\n");
  EXPECT_THAT(daemon.told(), HasSubstr("failed upload #1 error 39"));
  EXPECT_EQ(daemon.dropped, "y");
  daemon.arrives(data(Upload::proc, 2), "fine");
  EXPECT_EQ(daemon.inbox[id_of(Upload::proc, 2)], "fine");
  EXPECT_EQ(daemon.session.counters().violations, 1u);
}

TEST(Window, ADaemonThatBreaksItLosesThatStreamToo) {
  Alone client = extended(Side::client, 1000);
  const CallId id = client.session.call(Sample::number, Download::proc, {}, {});
  client.said();
  client.arrives(reply(Download::proc, 1));
  client.told();
  client.arrives(data(Download::proc, 1), std::string(973, 'x'));
  EXPECT_EQ(client.said(),
            "STREAM download #1 error 39 stream of download is broken off: more arrived than its window allows\n");
  EXPECT_FALSE(client.session.sending(id));
  EXPECT_EQ(client.told(), "");
  client.arrives(finish(Download::proc, 1));
  EXPECT_THAT(client.told(), HasSubstr("failed download #1 error 39"));
}

TEST(Window, DataBeforeTheReplyBreakIt) {
  Alone daemon = extended(Side::daemon, 1000);
  daemon.arrives(call(Upload::proc, 1));
  daemon.arrives(data(Upload::proc, 1), "early");
  EXPECT_THAT(daemon.said(), HasSubstr("REPLY upload #1 error 39 "));
  daemon.session.accept(upload, {});  // the handler may not know yet
  daemon.session.fail(upload, error(Code::operation_failed, "stopped"));
  EXPECT_EQ(daemon.said(), "");
}

TEST(Window, WhatIsDroppedIsCreditAgain) {
  Alone client = extended(Side::client, 1000);
  const CallId id = client.session.call(Sample::number, Console::proc, {}, {});
  client.arrives(reply(Console::proc, 1));
  client.said();
  client.arrives(data(Console::proc, 1), std::string(972, 'x'));
  client.ready(id, "keys");
  client.session.finish(id);  // the daemon may wait for room before it reads the keys
  EXPECT_EQ(client.said(), "WINDOW console #1 2000\n");
  client.arrives(data(Console::proc, 1), std::string(972, 'x'));
  EXPECT_EQ(client.said(), "WINDOW console #1 3000\n");
}

TEST(Window, OfAConsoleIsNoLargerThanWhatItMayHold) {
  Alone client = extended(Side::client, 64 << 20);
  client.session.call(Sample::number, Console::proc, {}, {});
  EXPECT_EQ(client.said(), "CALL console #1 ok\nWINDOW console #1 1048576\n");
}

TEST(Window, AFrameOfAnotherSluiceMayBeAsLongAsItSaid) {
  Alone client(Side::client);
  client.become_extended(
      {.software = "Test", .features = 3, .max_message = 65'564, .max_streams = 16, .early_window = 0, .params = {}});
  client.session.call(Sample::number, Upload::proc, {}, {});
  client.arrives(reply(Upload::proc, 1));
  client.window(upload, 10'000'000);
  client.said();
  client.ready(upload, std::string(70'000, 'x'));
  EXPECT_EQ(client.said(1'000'000), "STREAM upload #1 more 65536 bytes\nSTREAM upload #1 more 4464 bytes\n");
}

TEST(Window, WithoutItFramesFitEveryLibvirt) {
  Alone client(Side::client);
  client.session.call(Sample::number, Upload::proc, {}, {});
  client.arrives(reply(Upload::proc, 0));
  client.said();
  client.ready(id_of(Upload::proc, 0), std::string(300'000, 'x'));
  EXPECT_EQ(client.said(1'000'000), "STREAM upload #0 more 262120 bytes\nSTREAM upload #0 more 37880 bytes\n");
}

TEST(Grant, NeverCountsMoreAsTakenThanArrived) {
  Grant grant;
  grant.open(1000);
  EXPECT_EQ(grant.due(), 1000u);
  EXPECT_TRUE(grant.arrived(600));
  grant.taken(10'000);
  EXPECT_EQ(grant.held(), 0u);
  EXPECT_EQ(grant.due(), 1600u);
  EXPECT_EQ(grant.due(), std::nullopt);
}

TEST(Grant, TheSmallestWindowStillMoves) {
  // Whatever the sender makes of it: with less than a hole's cost left, half of the window was taken.
  Grant grant;
  grant.open(window_min);
  Credit credit = Credit::none();
  credit.raise(*grant.due());
  for (std::uint64_t i = 0; i < 1000; ++i) {
    ASSERT_GE(credit.left(), std::uint64_t{hole_cost}) << i;
    const std::uint64_t cost = i % 3 == 0 ? hole_cost : std::min<std::uint64_t>(credit.left(), 29 + i % 20);
    credit.spend(cost);
    ASSERT_TRUE(grant.arrived(cost));
    grant.taken(cost);
    if (const auto limit = grant.due()) credit.raise(*limit);
  }
}

}  // namespace
}  // namespace sluice::session
