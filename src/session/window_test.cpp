// Credit between Sluice ends: what may be sent, when more is granted, and who breaks it.

#include "session/window.h"

#include <gmock/gmock.h>

#include "session/alone.h"
#include "session/round_trip.h"

namespace sluice::session {
namespace {

using testing::HasSubstr;

Options window_of(std::uint64_t bytes) {
  Options options = sample_options();
  options.window = bytes;
  options.window_max = bytes;
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

TEST(Window, EachTimeItHoldsAStreamUpIsCounted) {
  Alone client = uploading();
  EXPECT_EQ(client.session.counters().window_stalls, 0u);
  client.ready(upload, "abcdefgh");
  client.ready(upload, "ij");
  EXPECT_EQ(client.session.counters().window_stalls, 1u) << "it waits once, whatever comes to it meanwhile";
  client.window(upload, 28 + 3);
  EXPECT_EQ(client.said(), "STREAM upload #1 more 'abc'\n");
  EXPECT_EQ(client.session.counters().window_stalls, 2u);
  client.window(upload, 28 + 3 + 28 + 7);
  EXPECT_EQ(client.said(), "STREAM upload #1 more 'defghij'\n");
  EXPECT_EQ(client.session.counters().window_stalls, 2u) << "nothing waits";
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
  EXPECT_EQ(grant.due(1000), 1000u);
  EXPECT_TRUE(grant.arrived(600));
  grant.taken(10'000);
  EXPECT_EQ(grant.held(), 0u);
  EXPECT_EQ(grant.due(1000), 1600u);
  EXPECT_EQ(grant.due(1000), std::nullopt);
}

TEST(Grant, TheSmallestWindowStillMoves) {
  // Whatever the sender makes of it: with less than a hole's cost left, half of the window was taken.
  Grant grant;
  Credit credit = Credit::none();
  credit.raise(*grant.due(window_min));
  for (std::uint64_t i = 0; i < 1000; ++i) {
    ASSERT_GE(credit.left(), std::uint64_t{hole_cost}) << i;
    const std::uint64_t cost = i % 3 == 0 ? hole_cost : std::min<std::uint64_t>(credit.left(), 29 + i % 20);
    credit.spend(cost);
    ASSERT_TRUE(grant.arrived(cost));
    grant.taken(cost);
    if (const auto limit = grant.due(window_min)) credit.raise(*limit);
  }
}

TEST(Grant, ASmallerWindowTakesNothingBack) {
  Grant grant;
  EXPECT_EQ(grant.due(1000), 1000u);
  ASSERT_TRUE(grant.arrived(700));
  grant.taken(700);
  EXPECT_EQ(grant.promised(), 300u);
  EXPECT_EQ(grant.due(200), std::nullopt) << "more than that is promised already";
  ASSERT_TRUE(grant.arrived(300));
  grant.taken(300);
  EXPECT_EQ(grant.due(200), 1200u);
}

// --- how large it is ------------------------------------------------------------------------------------------------

using std::chrono::milliseconds;
constexpr Instant start{std::chrono::hours(1)};

// A window that is used up again and again by a consumer that waits.
class Used {
 public:
  Used(std::uint64_t first, std::uint64_t max) : window(first, max) {}
  std::uint64_t after(milliseconds time, std::uint64_t taken, std::uint64_t times = 2) {
    now_ += time;
    taken_ += taken;
    window.ran_dry();
    window.used(now_, taken_, milliseconds(10), times);
    return window.bytes();
  }
  WindowSize window;

 private:
  Instant now_ = start;
  std::uint64_t taken_ = 0;
};

TEST(WindowSize, DoublesWhileAllOfItIsUsedWithinTwoRoundTrips) {
  Used used(1000, 7000);
  EXPECT_EQ(used.after(milliseconds(0), 0), 1000u) << "nothing was used yet";
  EXPECT_EQ(used.after(milliseconds(9), 500), 2000u);
  EXPECT_EQ(used.after(milliseconds(10), 1000), 2000u) << "it lasts for two round trips: it holds nobody up";
  EXPECT_EQ(used.after(milliseconds(10), 2000), 4000u) << "all of it came at once";
  EXPECT_EQ(used.after(milliseconds(1), 2000), 7000u) << "but it has an end";
  EXPECT_EQ(used.after(milliseconds(1), 7000), 7000u);
}

TEST(WindowSize, GrowsAsFarAsTwoRoundTripsWantItWhereItMay) {
  Used used(1000, 100'000);
  used.after(milliseconds(0), 0);
  EXPECT_EQ(used.after(milliseconds(4), 1000, 8), 5000u) << "twice ten milliseconds at a thousand in four";
  EXPECT_EQ(used.after(milliseconds(1), 5000, 8), 40'000u) << "no more than that at once";
  EXPECT_EQ(used.after(milliseconds(15), 40'000, 8), 80'000u) << "and doubles at least";
  EXPECT_EQ(used.after(milliseconds(0), 80'000, 8), 100'000u);
}

TEST(WindowSize, GrowsOnlyIfItMayAndTheConsumerHadToWait) {
  Used used(1000, 8000);
  used.after(milliseconds(0), 0);
  EXPECT_EQ(used.after(milliseconds(1), 1000, 1), 1000u);
  used.window.used(start + milliseconds(2), 2000, milliseconds(10), 2);
  EXPECT_EQ(used.window.bytes(), 1000u) << "a larger one would only hold more";
}

TEST(WindowSize, HalvesWhenItsConsumerLeavesItFull) {
  Used used(1000, 4000);
  used.after(milliseconds(0), 0);
  for (int i = 0; i < 3; ++i) used.after(milliseconds(1), 4000);
  WindowSize& window = used.window;
  ASSERT_EQ(window.bytes(), 4000u);
  window.held(2001, start);
  window.held(3000, start + milliseconds(999));
  EXPECT_EQ(window.bytes(), 4000u);
  window.held(3000, start + milliseconds(1000));
  EXPECT_EQ(window.bytes(), 2000u);
  window.held(900, start + milliseconds(1500));  // it took some: the second begins again
  window.held(1001, start + milliseconds(2400));
  window.held(1001, start + milliseconds(3399));
  EXPECT_EQ(window.bytes(), 2000u);
  window.held(1001, start + milliseconds(3400));
  EXPECT_EQ(window.bytes(), 1000u);
  window.held(1001, start + milliseconds(9000));
  EXPECT_EQ(window.bytes(), 1000u) << "never below the first";
}

TEST(RoundTrip, IsTheShortestUnlessItStaysLonger) {
  RoundTrip trip;
  EXPECT_TRUE(trip.due(start));
  trip.answered(start);  // of a ping that nobody sent
  EXPECT_EQ(trip.known(), std::nullopt);
  trip.asked(start);
  EXPECT_FALSE(trip.due(start + std::chrono::hours(1))) << "one is on its way";
  trip.answered(start + milliseconds(8));
  EXPECT_EQ(trip.known(), milliseconds(8));
  EXPECT_FALSE(trip.due(start + milliseconds(249)));
  EXPECT_TRUE(trip.due(start + milliseconds(250)));
  trip.asked(start + milliseconds(250));
  trip.asked(start + milliseconds(251));
  trip.answered(start + milliseconds(266));
  EXPECT_EQ(trip.known(), milliseconds(9)) << "an eighth of the way to 16";
  trip.answered(start + milliseconds(254));
  EXPECT_EQ(trip.known(), milliseconds(3));
}

TEST(RoundTrip, RemembersOnlySoManyQuestions) {
  RoundTrip trip;
  for (int i = 0; i < 1000; ++i) trip.asked(start + milliseconds(i));
  for (std::size_t i = 0; i < RoundTrip::asked_max; ++i) trip.answered(start + milliseconds(1000));
  EXPECT_TRUE(trip.due(start + std::chrono::hours(1)));
}

// A client whose upload's window is `bytes`, all of which arrive and are taken at once: after half a round trip.
TEST(Window, GrowsOverDistanceWhereItIsWhatHoldsTheStreamUp) {
  Options options = window_of(1000);
  options.window_max = 4000;
  Alone daemon(Side::daemon, options);
  daemon.session.tick(start);
  daemon.become_extended();
  daemon.arrives(call(Upload::proc, 7));
  daemon.told();
  daemon.session.accept(id_of(Upload::proc, 7), {});
  EXPECT_EQ(daemon.said(), "REPLY upload #7 ok\nWINDOW upload #7 1000\nEVENT ping #0 ok\n");
  const auto a_thousand_come = [&](Instant now) {
    daemon.session.at(now);
    daemon.arrives(data(Upload::proc, 7), std::string(972, 'x'));
    daemon.session.taken(id_of(Upload::proc, 7), 1000);
  };
  daemon.session.at(start + milliseconds(10));
  daemon.arrives(keepalive(remote::keepalive_pong));
  a_thousand_come(start + milliseconds(9));
  EXPECT_EQ(daemon.said(), "WINDOW upload #7 3000\n") << "it has doubled";
  daemon.session.at(start + milliseconds(18));
  daemon.arrives(data(Upload::proc, 7), std::string(972, 'x'));
  daemon.session.taken(id_of(Upload::proc, 7), 1000);
  EXPECT_EQ(daemon.said(), "WINDOW upload #7 6000\n");
  a_thousand_come(start + milliseconds(30));
  a_thousand_come(start + milliseconds(30));
  EXPECT_EQ(daemon.said(), "WINDOW upload #7 8000\n") << "at the largest";
}

// What a daemon says when an upload used its window of 1,000 bytes twice within a round trip.
std::string limits_told(milliseconds round_trip) {
  Options options = window_of(1000);
  options.window_max = 8000;
  Alone daemon(Side::daemon, options);
  daemon.session.limit_near_windows(2000);
  daemon.session.tick(start);
  daemon.become_extended();
  daemon.arrives(call(Upload::proc, 7));
  daemon.told();
  daemon.session.accept(id_of(Upload::proc, 7), {});
  daemon.said();
  daemon.session.at(start + round_trip);
  daemon.arrives(keepalive(remote::keepalive_pong));
  for (int i = 0; i < 3; ++i) {
    daemon.session.at(start + round_trip + milliseconds(i));
    daemon.arrives(data(Upload::proc, 7), std::string(972, 'x'));
    daemon.session.taken(id_of(Upload::proc, 7), 1000);
  }
  return daemon.said();
}

TEST(Window, OfBytesThatStayInPipesGrowsBeyondTheseOnlyOverDistance) {
  EXPECT_EQ(limits_told(milliseconds(5)), "WINDOW upload #7 3000\nWINDOW upload #7 4000\nWINDOW upload #7 5000\n");
  EXPECT_EQ(limits_told(milliseconds(6)), "WINDOW upload #7 3000\nWINDOW upload #7 10000\n")
      << "and as far as it may at once";
}

// --- what all of them may hold together -----------------------------------------------------------------------------

TEST(Budget, IsGivenUntilNothingIsLeftAndComesBack) {
  Budget connection(1000), process(600);
  Reservation one(connection, &process), other(connection, nullptr);
  EXPECT_TRUE(one.plenty());
  EXPECT_EQ(one.grow_to(500), 500u);
  EXPECT_EQ(one.grow_to(800), 600u) << "all that the process has";
  EXPECT_EQ(other.grow_to(800), 400u) << "all that the connection has";
  EXPECT_FALSE(one.plenty());
  EXPECT_FALSE(other.plenty());
  one.shrink_to(100);
  EXPECT_EQ(connection.left(), 500u);
  EXPECT_EQ(process.left(), 500u);
  {
    const Reservation moved = std::move(one);
    EXPECT_EQ(one.bytes(), 0u);
    EXPECT_EQ(moved.bytes(), 100u);
  }
  other = Reservation();
  EXPECT_EQ(connection.left(), 1000u);
  EXPECT_EQ(process.left(), 600u);
  EXPECT_EQ(Reservation().grow_to(1), 0u);
}

// Uploads of a client, each open and with its first window.
class Uploads {
 public:
  explicit Uploads(const Options& options) : daemon(Side::daemon, options) { daemon.become_extended(); }
  std::string open(std::uint32_t serial) {
    daemon.arrives(call(Upload::proc, serial));
    daemon.told();
    daemon.session.accept(id_of(Upload::proc, serial), {});
    std::string said = daemon.said();
    return said.substr(said.find('\n') + 1);  // behind the reply
  }
  Alone daemon;
};

TEST(Window, IsLargeWhileHalfOfTheBudgetIsFreeAndNeverNothing) {
  Options options = window_of(100'000);
  options.budget = 2 * (100'000 - limits::window_floor);
  Uploads uploads(options);
  EXPECT_EQ(uploads.open(1), "WINDOW upload #1 100000\n");
  EXPECT_EQ(uploads.open(2), "WINDOW upload #2 100000\n") << "half of the budget was free";
  EXPECT_EQ(uploads.open(3), "WINDOW upload #3 16384\n");
  // What one has taken is there for it again, and for nobody else.
  uploads.daemon.arrives(data(Upload::proc, 1), std::string(60'000, 'x'));
  uploads.daemon.session.taken(id_of(Upload::proc, 1), 60'028);
  EXPECT_EQ(uploads.daemon.said(), "WINDOW upload #1 160028\n");
  // One that ended leaves its part to those that come.
  uploads.daemon.session.fail(id_of(Upload::proc, 1), error(Code::operation_failed, "enough"));
  uploads.daemon.said();
  EXPECT_EQ(uploads.open(4), "WINDOW upload #4 100000\n");
}

TEST(Window, OfAllConnectionsTogetherIsBoundedByTheProcess) {
  Budget process(100'000);
  Options options = window_of(80'000);
  options.process_budget = &process;
  Uploads one(options);
  EXPECT_EQ(one.open(1), "WINDOW upload #1 80000\n");
  {
    Uploads other(options);
    EXPECT_EQ(other.open(1), "WINDOW upload #1 16384\n");
  }
  Uploads third(options);
  EXPECT_EQ(process.left(), 100'000 - (80'000 - limits::window_floor));
  EXPECT_EQ(third.open(1), "WINDOW upload #1 16384\n");
}

}  // namespace
}  // namespace sluice::session
