// What holds back a peer without windows: this side stops reading, for as long as one stream holds the brake.

#include "session/brake.h"

#include <gmock/gmock.h>

#include "session/alone.h"

namespace sluice::session {
namespace {

constexpr std::size_t mebibyte = 1 << 20;

Alone uploads(std::uint32_t count, const Proc& proc = Upload::proc) {
  Alone daemon(Side::daemon);
  for (std::uint32_t serial = 0; serial < count; ++serial) {
    daemon.arrives(call(proc, serial));
    daemon.session.accept(id_of(proc, serial), {});
  }
  daemon.said();
  daemon.told();
  return daemon;
}

void fill(Alone& daemon, const Proc& proc, std::uint32_t serial, std::size_t mebibytes) {
  for (std::size_t i = 0; i < mebibytes; ++i) daemon.arrives(data(proc, serial), Buffer(mebibyte));
}

TEST(Brake, IsHeldAboveTheHighMarkUntilBelowTheLowOne) {
  Alone daemon = uploads(1);
  const CallId id = id_of(Upload::proc, 0);
  fill(daemon, Upload::proc, 0, 7);
  EXPECT_FALSE(daemon.session.braked());
  fill(daemon, Upload::proc, 0, 1);
  EXPECT_TRUE(daemon.session.braked()) << "eight bodies and their heads";
  for (int i = 0; i < 4; ++i) daemon.session.taken(id, mebibyte + 28);
  EXPECT_TRUE(daemon.session.braked());
  daemon.session.taken(id, mebibyte + 28);
  EXPECT_FALSE(daemon.session.braked());
}

// Half of the second frame is still with the peer: if it counted, nobody would ever read it.
TEST(Brake, CountsOfAFrameLongerThanItsMarksOnlyWhatCame) {
  Alone daemon = uploads(1);
  const CallId id = id_of(Upload::proc, 0);
  daemon.arrives(data(Upload::proc, 0), Buffer(5 * mebibyte));
  const Buffer second = wire::head(data(Upload::proc, 0), 5 * mebibyte);
  EXPECT_EQ(daemon.session.receive(second), second.size());
  EXPECT_FALSE(daemon.session.braked());
  daemon.session.received(2 * mebibyte);
  EXPECT_FALSE(daemon.session.braked());
  daemon.session.received(2 * mebibyte);
  EXPECT_TRUE(daemon.session.braked());
  daemon.session.taken(id, 5 * mebibyte + 28);
  daemon.session.taken(id, mebibyte);
  EXPECT_FALSE(daemon.session.braked());
  daemon.session.received(mebibyte);
  EXPECT_FALSE(daemon.session.body().has_value());
}

TEST(Brake, TheLastToLetGoReleasesIt) {
  Alone daemon = uploads(2);
  fill(daemon, Upload::proc, 0, 9);
  fill(daemon, Upload::proc, 1, 9);
  daemon.session.taken(id_of(Upload::proc, 0), 9 * mebibyte);
  EXPECT_TRUE(daemon.session.braked());
  daemon.session.taken(id_of(Upload::proc, 1), 9 * mebibyte);
  EXPECT_FALSE(daemon.session.braked());
}

TEST(Brake, IsLetGoByAStreamThatEnds) {
  for (const bool aborted : {true, false}) {
    Alone daemon = uploads(1);
    fill(daemon, Upload::proc, 0, 9);
    EXPECT_TRUE(daemon.session.braked());
    if (aborted) {
      daemon.arrives(abort(Upload::proc, 0));
    } else {
      daemon.session.fail(id_of(Upload::proc, 0), error(Code::operation_failed, "disk full"));
    }
    EXPECT_FALSE(daemon.session.braked());
  }
}

TEST(Brake, IsHeldByDataBeforeTheReplyToo) {
  Alone daemon(Side::daemon);
  daemon.arrives(call(Upload::proc, 0));
  fill(daemon, Upload::proc, 0, 9);
  EXPECT_TRUE(daemon.session.braked());
}

TEST(Brake, ConsolesDoNotHoldItButFail) {
  Alone daemon = uploads(1, Console::proc);
  const CallId id = id_of(Console::proc, 0);
  daemon.arrives(data(Console::proc, 0), Buffer(limits::interactive_held_max - 28));
  EXPECT_EQ(daemon.told(), "");
  daemon.session.taken(id, limits::interactive_held_max);
  daemon.arrives(data(Console::proc, 0), Buffer(limits::interactive_held_max - 28));
  EXPECT_EQ(daemon.told(), "") << "somebody reads";
  daemon.arrives(data(Console::proc, 0), "x");
  EXPECT_FALSE(daemon.session.braked());
  EXPECT_THAT(daemon.said(), testing::HasSubstr("STREAM console #0 error 39"));
  EXPECT_THAT(daemon.told(), testing::HasSubstr("more input waits than anybody reads"));
}

TEST(Brake, IsNeverUsedBetweenSluices) {
  Options options = sample_options();
  options.window = 64 * mebibyte;
  Alone daemon(Side::daemon, options);
  daemon.become_extended();
  daemon.arrives(call(Upload::proc, 1));
  daemon.session.accept(id_of(Upload::proc, 1), {});
  fill(daemon, Upload::proc, 1, 20);
  EXPECT_FALSE(daemon.session.braked());
}

TEST(Brake, HoldsADownloadOfTheClientToo) {
  Alone client(Side::client);
  const CallId id = client.session.call(Sample::number, Download::proc, {}, {});
  client.arrives(reply(Download::proc, 0));
  fill(client, Download::proc, 0, 9);
  EXPECT_TRUE(client.session.braked());
  client.session.abort(id, error(Code::operation_aborted, "no"));
  EXPECT_FALSE(client.session.braked()) << "or the confirmation could not come";
}

}  // namespace
}  // namespace sluice::session
