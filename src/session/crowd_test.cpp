// Very many streams on one connection: what those that stand still are granted, and what all of them may hold together.

#include <gmock/gmock.h>

#include "session/alone.h"

namespace sluice::session {
namespace {

Options without_budget() {
  Options options = sample_options();
  options.budget = 0;
  return options;
}

// A client's download that nobody reads yet.
class Unread : public testing::Test {
 protected:
  Unread() {
    client.become_extended();
    id = client.session.call(Sample::number, Download::proc, {}, {.reads_later = true});
  }
  Alone client{Side::client};
  CallId id;
};

TEST_F(Unread, IsGrantedNothing) {
  EXPECT_EQ(client.said(), "CALL download #1 ok\n");
  client.arrives(reply(Download::proc, 1));
  client.told();
  EXPECT_EQ(client.said(), "");
  EXPECT_EQ(client.session.standing(id).may_arrive, 0u);
}

TEST_F(Unread, HasAWindowFromTheFirstReadOn) {
  client.said();
  client.session.reads(id);
  EXPECT_EQ(client.said(), "WINDOW download #1 262144\n") << "the reply is not waited for";
  client.session.reads(id);
  EXPECT_EQ(client.said(), "");
}

TEST_F(Unread, FinishedItLetsItsSenderComeToTheEnd) {
  client.arrives(reply(Download::proc, 1));
  client.said();
  client.session.finish(id);
  EXPECT_EQ(client.said(), "WINDOW download #1 262144\nSTREAM download #1 ok\n");
}

TEST_F(Unread, AbortedItIsAsAnyOther) {
  client.arrives(reply(Download::proc, 1));
  client.said();
  client.session.abort(id, error(Code::operation_aborted, "no"));
  EXPECT_EQ(client.said(), "STREAM download #1 error 78 no\n");
  client.session.reads(id);
  EXPECT_EQ(client.said(), "");
}

TEST(Wanted, IsWhatThePeersWindowHasRoomForBeyondWhatWaits) {
  Alone daemon(Side::daemon);
  daemon.become_extended();
  daemon.arrives(call(Download::proc, 1));
  const CallId id = id_of(Download::proc, 1);
  daemon.session.accept(id, {});
  EXPECT_FALSE(daemon.session.wants(id));
  daemon.window(id, limits::frame_head);
  EXPECT_FALSE(daemon.session.wants(id));
  daemon.window(id, limits::frame_head + 3);
  EXPECT_TRUE(daemon.session.wants(id));
  daemon.ready(id, "abc");
  EXPECT_FALSE(daemon.session.wants(id));
  daemon.window(id, 100);
  EXPECT_TRUE(daemon.session.wants(id));
  Alone other(Side::daemon);
  other.arrives(call(Download::proc, 1));
  other.session.accept(id, {});
  EXPECT_TRUE(other.session.wants(id)) << "a peer without windows takes what its socket takes";
}

// Uploads of a client, without a budget: each has its floor.
class Crowd : public testing::Test {
 protected:
  Crowd() { daemon.become_extended(); }
  std::string open(std::uint32_t serial) {
    daemon.arrives(call(Upload::proc, serial));
    daemon.told();
    daemon.session.accept(id_of(Upload::proc, serial), {});
    const std::string said = daemon.said();
    return said.substr(said.find('\n') + 1);  // behind the reply
  }
  std::uint64_t may_arrive() const {
    std::uint64_t all = 0;
    for (std::uint32_t serial = 1; serial <= limits::streams_max; ++serial) {
      all += daemon.session.standing(id_of(Upload::proc, serial)).may_arrive;
    }
    return all;
  }
  Alone daemon{Side::daemon, without_budget()};
};

TEST_F(Crowd, MakesFloorsLow) {
  for (std::uint32_t serial = 1; serial < limits::crowd; ++serial) open(serial);
  EXPECT_EQ(open(limits::crowd), "WINDOW upload #1024 16384\n");
  EXPECT_EQ(open(limits::crowd + 1), "WINDOW upload #1025 512\n");
  // One of the first has taken what it was granted.
  daemon.arrives(data(Upload::proc, 1), std::string(16'300, 'x'));
  daemon.session.taken(id_of(Upload::proc, 1), 16'328);
  EXPECT_EQ(daemon.said(), "WINDOW upload #1 16840\n");
}

TEST_F(Crowd, ThatHasGoneLeavesTheirFloorsToThoseWhoStay) {
  for (std::uint32_t serial = 1; serial <= limits::crowd + 1; ++serial) open(serial);
  daemon.session.fail(id_of(Upload::proc, 1), error(Code::operation_failed, "enough"));
  daemon.said();
  daemon.arrives(data(Upload::proc, limits::crowd + 1), std::string(300, 'x'));
  daemon.session.taken(id_of(Upload::proc, limits::crowd + 1), 328);
  EXPECT_EQ(daemon.said(), "WINDOW upload #1025 16712\n");
}

TEST_F(Crowd, OfAllThatThereMayBeHoldsLittle) {
  for (std::uint32_t serial = 1; serial <= limits::streams_max; ++serial) open(serial);
  daemon.arrives(call(Upload::proc, 1'000'000));
  EXPECT_EQ(daemon.said(), "REPLY upload #1000000 error 9 too many streams\n");
  EXPECT_LE(may_arrive(), 24u << 20);
}

// Whoever aborts all of them at once is answered in time that grows with their number, not with its square.
TEST_F(Crowd, WhoseHandlersDoNotStopIsAnsweredWithinASecond) {
  constexpr std::uint32_t many = 3'000;
  for (std::uint32_t serial = 1; serial <= many; ++serial) open(serial);
  const Instant begin = Instant() + std::chrono::seconds(10);
  daemon.session.tick(begin);
  for (std::uint32_t serial = 1; serial <= many; ++serial) daemon.arrives(abort(Upload::proc, serial));
  daemon.told();
  daemon.said();
  daemon.session.tick(begin);
  EXPECT_EQ(daemon.session.deadline(), begin + std::chrono::seconds(1));
  daemon.session.tick(begin + std::chrono::seconds(1));
  const std::string said = daemon.said();
  EXPECT_EQ(std::ranges::count(said, '\n'), many);
  EXPECT_EQ(daemon.session.streams(), 0u);
}

// A client that aborts, and fetches nothing.
TEST_F(Crowd, WhoDoesNotFetchThatAbortsAreConfirmedLosesTheConnection) {
  for (std::uint32_t serial = 1; serial <= 3; ++serial) open(serial);
  const Instant begin = Instant() + std::chrono::seconds(10);
  daemon.session.tick(begin);
  for (std::uint32_t serial = 1; serial <= 3; ++serial) daemon.arrives(abort(Upload::proc, serial));
  daemon.session.tick(begin);
  // There is room for a few bytes more, and each confirmation takes 28 at least.
  for (std::size_t left = limits::control_queued_max - daemon.session.control_queued() - 20; left > 0;) {
    const std::size_t some = std::min<std::size_t>(left, 20'000'000);
    daemon.session.notify(Sample::number, Upload::proc, Buffer(some - limits::frame_head));
    left -= some;
  }
  daemon.told();
  daemon.session.tick(begin + std::chrono::seconds(1));
  EXPECT_NE(daemon.told().find("broken: "), std::string::npos);
}

}  // namespace
}  // namespace sluice::session
