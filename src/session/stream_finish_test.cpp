// How streams end well, and what is in flight then.

#include <gtest/gtest.h>

#include "session/alone.h"

namespace sluice::session {
namespace {

Alone opened_client(const Proc& proc) {
  Alone client(Side::client);
  client.session.call(Sample::number, proc, {}, {});
  client.said();
  client.arrives(reply(proc, 0));
  client.told();
  return client;
}

Alone opened_daemon(const Proc& proc) {
  Alone daemon(Side::daemon);
  daemon.arrives(call(proc, 0));
  daemon.told();
  daemon.session.accept(id_of(proc, 0), {});
  daemon.said();
  return daemon;
}

const CallId upload = id_of(Upload::proc, 0);
const CallId download = id_of(Download::proc, 0);
const CallId console = id_of(Console::proc, 0);

TEST(StreamFinish, TheDaemonsReasonReachesTheOneWhoFinished) {
  Alone client = opened_client(Upload::proc);
  client.session.finish(upload);
  EXPECT_EQ(client.said(), "STREAM upload #0 ok\n");
  client.arrives(abort(Upload::proc, 0), error_of(Code::system_error, "disk full"));
  EXPECT_EQ(client.told(), "failed upload #0 error 38 disk full\n");
  EXPECT_EQ(client.session.streams(), 0u);
}

TEST(StreamFinish, StaysBehindTheDataThatWereWrittenBefore) {
  Alone client = opened_client(Upload::proc);
  client.ready(upload, "water");
  client.session.finish(upload);
  EXPECT_FALSE(client.session.sending(upload));
  EXPECT_EQ(client.said(3), "STREAM upload #0 more 'wat'\nSTREAM upload #0 more 'er'\nSTREAM upload #0 ok\n");
}

TEST(StreamFinish, DataInFlightAfterItAreDropped) {
  Alone client = opened_client(Console::proc);
  client.session.finish(console);
  client.said();
  client.arrives(data(Console::proc, 0), "late");
  client.arrives(data(Console::proc, 0));  // and the end
  EXPECT_EQ(client.dropped, "late");
  EXPECT_EQ(client.told(), "");
  client.arrives(finish(Console::proc, 0));
  EXPECT_EQ(client.told(), "confirmed console #0\n");
}

TEST(StreamFinish, ADataFrameThatIsArrivingIsDroppedFromThereOn) {
  Alone client = opened_client(Console::proc);
  const Buffer whole = wire::frame(data(Console::proc, 0), as_bytes("firstlast"));
  client.arrives_raw(Bytes(whole).first(28 + 5));
  client.session.finish(console);
  client.arrives_raw(Bytes(whole).subspan(28 + 5));
  EXPECT_EQ(client.inbox[console], "first");
  EXPECT_EQ(client.dropped, "last");
}

TEST(StreamFinish, AConfirmationThatNobodyAskedForEndsTheConnection) {
  Alone client = opened_client(Upload::proc);
  client.arrives(finish(Upload::proc, 0));
  EXPECT_EQ(client.told(),
            "failed upload #0 error 39 the peer broke the protocol: a stream message does not fit the state of its "
            "stream\nbroken: the peer broke the protocol: a stream message does not fit the state of its stream\n");
}

TEST(StreamFinish, IsToldToTheHandlerAndConfirmedWhenThatIsOver) {
  Alone daemon = opened_daemon(Upload::proc);
  daemon.arrives(data(Upload::proc, 0), "water");
  daemon.arrives(finish(Upload::proc, 0), "a payload is ignored");
  EXPECT_EQ(daemon.told(), "finished upload #0\n");
  EXPECT_EQ(daemon.said(), "");
  daemon.session.done(upload, text("dropped toward peers without hello"));
  EXPECT_EQ(daemon.said(), "STREAM upload #0 ok\n");
  EXPECT_EQ(daemon.session.streams(), 0u);
}

TEST(StreamFinish, AHandlerMayStillFailAfterIt) {
  Alone daemon = opened_daemon(Upload::proc);
  daemon.arrives(finish(Upload::proc, 0));
  daemon.session.fail(upload, error(Code::operation_failed, "checksum differs"));
  EXPECT_EQ(daemon.said(), "STREAM upload #0 error 9 checksum differs\n");
}

TEST(StreamFinish, AnUploadWhoseHandlerEndsBeforeItFails) {
  Alone daemon = opened_daemon(Upload::proc);
  daemon.session.done(upload, {});
  EXPECT_EQ(daemon.said(), "STREAM upload #0 error 9 not all of the stream was wanted\n");
}

TEST(StreamFinish, ADownloadWhoseHandlerIsOverWaitsForIt) {
  Alone daemon = opened_daemon(Download::proc);
  daemon.ready(download, "water");
  daemon.session.done(download, {});
  EXPECT_EQ(daemon.said(), "STREAM download #0 more 'water'\nSTREAM download #0 more\n");
  EXPECT_EQ(daemon.session.streams(), 1u);
  daemon.arrives(finish(Download::proc, 0));
  EXPECT_EQ(daemon.said(), "STREAM download #0 ok\n");
  EXPECT_EQ(daemon.told(), "") << "the handler is over, nobody is there to be told";
  EXPECT_EQ(daemon.session.streams(), 0u);
}

TEST(StreamFinish, ADownloadIsFinishedEarlyAndWhatIsQueuedIsForgotten) {
  Alone daemon = opened_daemon(Download::proc);
  daemon.ready(download, "water");
  daemon.arrives(finish(Download::proc, 0));
  EXPECT_EQ(daemon.said(), "");
  EXPECT_FALSE(daemon.session.sending(download));
  daemon.session.ready(download, 5);  // the handler may not know yet
  daemon.session.end(download);
  EXPECT_EQ(daemon.said(), "");
  daemon.session.done(download, {});
  EXPECT_EQ(daemon.said(), "STREAM download #0 ok\n");
}

TEST(StreamFinish, TheEndOfADownloadIsToldOnceAndWhatFollowsIsDropped) {
  Alone client = opened_client(Download::proc);
  client.arrives(data(Download::proc, 0), "water");
  client.arrives(data(Download::proc, 0));
  client.arrives(data(Download::proc, 0), "late");
  client.arrives(data(Download::proc, 0));
  EXPECT_EQ(client.told(), "ended download #0\n");
  EXPECT_EQ(client.inbox[download], "water");
  EXPECT_EQ(client.dropped, "late");
}

TEST(StreamFinish, AConsoleTakesInputAfterTheGuestHasGone) {
  Alone client = opened_client(Console::proc);
  client.arrives(data(Console::proc, 0));
  client.ready(console, "x");
  client.session.finish(console);
  EXPECT_EQ(client.said(), "STREAM console #0 more 'x'\nSTREAM console #0 ok\n");
}

TEST(StreamFinish, FinishBeforeTheReplyIsAnsweredAfterIt) {
  Alone daemon(Side::daemon);
  daemon.arrives(call(Upload::proc, 0));
  daemon.arrives(data(Upload::proc, 0), "water");
  daemon.arrives(finish(Upload::proc, 0));
  EXPECT_EQ(daemon.told(), "call upload #0\nfinished upload #0\n");
  EXPECT_EQ(daemon.inbox[upload], "water");
  daemon.session.accept(upload, {});
  daemon.session.done(upload, {});
  EXPECT_EQ(daemon.said(), "REPLY upload #0 ok\nSTREAM upload #0 ok\n");
}

TEST(StreamFinish, AnEmptyDataFrameOfAClientMeansNothing) {
  Alone daemon = opened_daemon(Upload::proc);
  daemon.arrives(data(Upload::proc, 0));
  daemon.arrives(data(Upload::proc, 0), "water");
  EXPECT_EQ(daemon.inbox[upload], "water");
  EXPECT_EQ(daemon.told(), "");
}

TEST(StreamFinishDeathTest, DataAfterItAreAMistakeOfTheCaller) {
  Alone client = opened_client(Upload::proc);
  client.session.finish(upload);
  EXPECT_DEATH(client.session.ready(upload, 1), "what is asked of a stream fits its state");
  EXPECT_DEATH(client.session.finish(upload), "what is asked of a stream fits its state");
}

}  // namespace
}  // namespace sluice::session
