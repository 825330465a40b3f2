// Who goes first on the wire: control before data, streams in turn, a reply before its own stream's data.

#include <gtest/gtest.h>

#include "session/alone.h"

namespace sluice::session {
namespace {

Alone downloads(std::uint32_t count) {
  Alone daemon(Side::daemon);
  for (std::uint32_t serial = 0; serial < count; ++serial) {
    daemon.arrives(call(Download::proc, serial));
    daemon.session.accept(id_of(Download::proc, serial), {});
  }
  daemon.said();
  daemon.told();
  return daemon;
}

TEST(Order, AReplyGoesBeforeDataThatWaited) {
  Alone daemon = downloads(1);
  daemon.ready(id_of(Download::proc, 0), "water");
  daemon.arrives(call(Plain::proc, 9));
  daemon.session.reply(id_of(Plain::proc, 9), text("now"));
  EXPECT_EQ(daemon.said(), "REPLY plain #9 ok 'now'\nSTREAM download #0 more 'water'\n");
}

TEST(Order, AReplyWaitsBehindOneFrameAtMost) {
  Alone daemon = downloads(1);
  daemon.ready(id_of(Download::proc, 0), "abcdef");
  auto first = daemon.session.compose(2);
  ASSERT_TRUE(first && first->stream);
  daemon.outbox[id_of(Download::proc, 0)].erase(0, 2);
  daemon.arrives(call(Plain::proc, 9));
  daemon.session.reply(id_of(Plain::proc, 9), {});
  EXPECT_EQ(daemon.said(2), "REPLY plain #9 ok\nSTREAM download #0 more 'cd'\nSTREAM download #0 more 'ef'\n");
}

TEST(Order, StreamsTakeTurnsAFrameEach) {
  Alone daemon = downloads(3);
  daemon.ready(id_of(Download::proc, 0), "aaaa");
  daemon.ready(id_of(Download::proc, 1), "bb");
  daemon.ready(id_of(Download::proc, 2), "cc");
  EXPECT_EQ(daemon.said(1),
            "STREAM download #0 more 'a'\nSTREAM download #1 more 'b'\nSTREAM download #2 more 'c'\n"
            "STREAM download #0 more 'a'\nSTREAM download #1 more 'b'\nSTREAM download #2 more 'c'\n"
            "STREAM download #0 more 'a'\nSTREAM download #0 more 'a'\n");
}

TEST(Order, ANewStreamsReplyGoesBeforeItsData) {
  Alone daemon = downloads(0);
  daemon.arrives(call(Download::proc, 7));
  daemon.session.accept(id_of(Download::proc, 7), {});
  daemon.ready(id_of(Download::proc, 7), "water");
  daemon.session.end(id_of(Download::proc, 7));
  EXPECT_EQ(daemon.said(), "REPLY download #7 ok\nSTREAM download #7 more 'water'\nSTREAM download #7 more\n");
}

TEST(Order, AFailureGoesBeforeTheDataOfOthersAndInPlaceOfItsOwn) {
  Alone daemon = downloads(2);
  daemon.ready(id_of(Download::proc, 0), "aa");
  daemon.ready(id_of(Download::proc, 1), "bb");
  daemon.session.fail(id_of(Download::proc, 1), error(Code::system_error, "disk failed"));
  EXPECT_EQ(daemon.said(), "STREAM download #1 error 38 disk failed\nSTREAM download #0 more 'aa'\n");
}

TEST(Order, WritesThatWaitShareAFrame) {
  Alone daemon = downloads(1);
  for (const char* word : {"w", "a", "t", "e", "r"}) daemon.ready(id_of(Download::proc, 0), word);
  EXPECT_EQ(daemon.session.queued(id_of(Download::proc, 0)), 5u);
  EXPECT_EQ(daemon.said(), "STREAM download #0 more 'water'\n");
}

TEST(Order, CountersTellWhatPassed) {
  Alone daemon = downloads(1);
  daemon.ready(id_of(Download::proc, 0), "water");
  daemon.said();
  daemon.arrives(data(Upload::proc, 9), "nobody's");
  const Counters& counters = daemon.session.counters();
  EXPECT_EQ(counters.frames_in, 2u);
  EXPECT_EQ(counters.frames_out, 2u);
  EXPECT_EQ(counters.body_bytes_out, 5u);
  EXPECT_EQ(counters.body_bytes_in, 8u);
  EXPECT_EQ(counters.dropped_bytes, 8u);
}

TEST(Order, TheStateOfEverythingCanBeToldInALine) {
  Alone daemon = downloads(1);
  daemon.arrives(call(Plain::proc, 9));
  EXPECT_EQ(daemon.session.describe(),
            "daemon, open, keepalive off, plain #9 waiting, download #0 answered stream open");
}

}  // namespace
}  // namespace sluice::session
