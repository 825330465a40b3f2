// How either end gives a stream up, at any point of its life.

#include <gtest/gtest.h>

#include "session/alone.h"

namespace sluice::session {
namespace {

const CallId upload = id_of(Upload::proc, 0);
const CallId download = id_of(Download::proc, 0);
const Error changed = error(Code::operation_aborted, "changed my mind");

Alone calling_client(const Proc& proc, bool extended = false) {
  Alone client(Side::client);
  if (extended) client.become_extended();
  client.session.call(Sample::number, proc, {}, {});
  client.said();
  return client;
}

Alone opened_client(const Proc& proc) {
  Alone client = calling_client(proc);
  client.arrives(reply(proc, 0));
  client.told();
  return client;
}

Alone opened_daemon(const Proc& proc) {
  Alone daemon(Side::daemon);
  daemon.arrives(call(proc, 0));
  daemon.session.accept(id_of(proc, 0), {});
  daemon.said();
  daemon.told();
  return daemon;
}

TEST(StreamAbort, LeavesEmptyAndIsConfirmed) {
  Alone client = opened_client(Upload::proc);
  client.session.abort(upload, changed);
  EXPECT_EQ(client.said(), "STREAM upload #0 error\n") << "libvirtd ignores a payload there";
  client.arrives(finish(Upload::proc, 0));
  EXPECT_EQ(client.told(), "aborted upload #0\n");
  EXPECT_EQ(client.session.streams(), 0u);
}

TEST(StreamAbort, CarriesItsReasonBetweenSluices) {
  Alone client = calling_client(Upload::proc, true);
  client.arrives(reply(Upload::proc, 1));
  client.told();
  client.session.abort(id_of(Upload::proc, 1), changed);
  EXPECT_EQ(client.said(), "STREAM upload #1 error 78 changed my mind\n");
  Alone daemon(Side::daemon);
  daemon.become_extended();
  daemon.arrives(call(Upload::proc, 1));
  daemon.session.accept(id_of(Upload::proc, 1), {});
  daemon.said();
  daemon.told();
  daemon.arrives(abort(Upload::proc, 1), error_of(Code::operation_aborted, "changed my mind"));
  EXPECT_EQ(daemon.told(), "failed upload #1 error 78 changed my mind\n");
}

TEST(StreamAbort, DiscardsWhatIsQueued) {
  Alone client = opened_client(Upload::proc);
  client.ready(upload, "water");
  EXPECT_EQ(client.session.queued(upload), 5u);
  client.session.abort(upload, changed);
  EXPECT_EQ(client.session.queued(upload), 0u);
  EXPECT_EQ(client.said(), "STREAM upload #0 error\n");
}

TEST(StreamAbort, DataInFlightAfterItAreDropped) {
  Alone client = opened_client(Download::proc);
  client.session.abort(download, changed);
  client.arrives(data(Download::proc, 0), "late");
  client.arrives(data(Download::proc, 0));
  EXPECT_EQ(client.dropped, "late");
  EXPECT_EQ(client.told(), "");
  client.arrives(finish(Download::proc, 0));
  EXPECT_EQ(client.told(), "aborted download #0\n");
}

TEST(StreamAbort, CrossesTheDaemonsOwnFailure) {
  Alone client = opened_client(Upload::proc);
  client.session.abort(upload, changed);
  client.arrives(abort(Upload::proc, 0), error_of(Code::system_error, "disk full"));
  EXPECT_EQ(client.told(), "failed upload #0 error 38 disk full\n");
  Alone daemon = opened_daemon(Upload::proc);
  daemon.session.fail(upload, error(Code::system_error, "disk full"));
  daemon.arrives(abort(Upload::proc, 0));
  EXPECT_EQ(daemon.said(), "STREAM upload #0 error 38 disk full\n") << "and no answer to the abort";
  EXPECT_EQ(daemon.told(), "");
}

TEST(StreamAbort, BeforeTheReplyWaitsForIt) {
  Alone client = calling_client(Upload::proc);
  client.session.abort(upload, changed);
  EXPECT_EQ(client.said(), "") << "libvirtd loses what comes before its reply";
  client.arrives(reply(Upload::proc, 0));
  EXPECT_EQ(client.said(), "STREAM upload #0 error\n");
  EXPECT_EQ(client.told(), "") << "the stream is not wanted, so it is not told open";
  client.arrives(finish(Upload::proc, 0));
  EXPECT_EQ(client.told(), "aborted upload #0\n");
}

TEST(StreamAbort, BeforeTheReplyAndTheReplyRefuses) {
  Alone client = calling_client(Upload::proc);
  client.session.abort(upload, changed);
  Header refused = reply(Upload::proc, 0);
  refused.status = Status::error;
  client.arrives(refused, error_of(Code::no_domain, "no such machine"));
  EXPECT_EQ(client.told(), "reply upload #0 error 42 no such machine\n");
  EXPECT_EQ(client.said(), "");
  EXPECT_EQ(client.session.streams(), 0u);
}

TEST(StreamAbort, AfterTheFinishHasNoEffectTowardLibvirtd) {
  Alone client = opened_client(Upload::proc);
  client.session.finish(upload);
  client.said();
  client.session.abort(upload, changed);
  EXPECT_EQ(client.said(), "");
  client.arrives(finish(Upload::proc, 0));
  EXPECT_EQ(client.told(), "confirmed upload #0\n");
}

TEST(StreamAbort, BeforeAQueuedFinishLeftWithdrawsIt) {
  Alone client = opened_client(Upload::proc);
  client.ready(upload, "water");
  client.session.finish(upload);
  client.session.abort(upload, changed);
  EXPECT_EQ(client.said(), "STREAM upload #0 error\n");
  client.arrives(finish(Upload::proc, 0));
  EXPECT_EQ(client.told(), "aborted upload #0\n");
}

TEST(StreamAbort, AfterTheFinishOnlyTheAnswerTells) {
  for (const bool done : {true, false}) {
    Alone client = calling_client(Upload::proc, true);
    client.arrives(reply(Upload::proc, 1));
    client.told();
    const CallId id = id_of(Upload::proc, 1);
    client.session.finish(id);
    client.said();
    client.session.abort(id, changed);
    EXPECT_EQ(client.said(), "STREAM upload #1 error 78 changed my mind\n");
    if (done) {
      client.arrives(finish(Upload::proc, 1));
      EXPECT_EQ(client.told(), "confirmed upload #1\n");
    } else {
      client.arrives(abort(Upload::proc, 1), error_of(Code::operation_aborted, "aborted"));
      EXPECT_EQ(client.told(), "aborted upload #1\n");
    }
  }
}

TEST(StreamAbort, AfterTheFinishIsAnsweredByWhatTheHandlerMadeOfIt) {
  for (const bool done : {true, false}) {
    Alone daemon = opened_daemon(Upload::proc);
    daemon.arrives(finish(Upload::proc, 0));
    daemon.arrives(abort(Upload::proc, 0));
    EXPECT_EQ(daemon.told(), "finished upload #0\nfailed upload #0 error 78 the client aborted the stream\n");
    if (done) {
      daemon.session.done(upload, {});
      EXPECT_EQ(daemon.said(), "STREAM upload #0 ok\n");
    } else {
      daemon.session.fail(upload, error(Code::operation_failed, "cancelled"));
      EXPECT_EQ(daemon.said(), "STREAM upload #0 error 78 the stream was aborted by the client\n");
    }
  }
}

TEST(StreamAbort, IsConfirmedWhenTheHandlerIsOver) {
  for (const bool done : {true, false}) {
    Alone daemon = opened_daemon(Upload::proc);
    daemon.arrives(abort(Upload::proc, 0));
    EXPECT_EQ(daemon.told(), "failed upload #0 error 78 the client aborted the stream\n");
    EXPECT_EQ(daemon.said(), "");
    if (done) {
      daemon.session.done(upload, {});
    } else {
      daemon.session.fail(upload, error(Code::operation_failed, "cancelled"));
    }
    EXPECT_EQ(daemon.said(), "STREAM upload #0 ok\n");
    EXPECT_EQ(daemon.session.streams(), 0u);
  }
}

TEST(StreamAbort, IsConfirmedAfterASecondIfTheHandlerDoesNotStop) {
  Alone daemon = opened_daemon(Upload::proc);
  daemon.arrives(abort(Upload::proc, 0));
  EXPECT_EQ(daemon.told(), "failed upload #0 error 78 the client aborted the stream\n");
  const Instant now{std::chrono::hours(1)};
  ASSERT_TRUE(daemon.session.deadline());
  EXPECT_LE(*daemon.session.deadline(), now);
  daemon.session.tick(now);
  EXPECT_EQ(daemon.session.deadline(), now + std::chrono::seconds(1));
  daemon.session.tick(now + std::chrono::milliseconds(999));
  EXPECT_EQ(daemon.said(), "");
  daemon.session.tick(now + std::chrono::seconds(1));
  EXPECT_EQ(daemon.said(), "STREAM upload #0 ok\n");
  EXPECT_FALSE(daemon.session.deadline());
  // Its serial stays taken until the handler is over, or its end would be taken for another's.
  daemon.arrives(call(Upload::proc, 0));
  EXPECT_EQ(daemon.said(), "REPLY upload #0 error 39 serial 0 belongs to a call or stream that is not over\n");
  daemon.session.fail(upload, error(Code::operation_failed, "cancelled"));
  EXPECT_EQ(daemon.said(), "");
  daemon.arrives(call(Upload::proc, 0));
  EXPECT_EQ(daemon.told(), "call upload #0\n");
}

TEST(StreamAbort, AHandlerMayEndWellAfterItsAbortWasConfirmed) {
  Alone daemon = opened_daemon(Upload::proc);
  daemon.arrives(abort(Upload::proc, 0));
  const Instant now{std::chrono::hours(1)};
  daemon.session.tick(now);
  daemon.session.tick(now + std::chrono::seconds(2));
  EXPECT_EQ(daemon.said(), "STREAM upload #0 ok\n");
  daemon.session.done(upload, {});
  EXPECT_EQ(daemon.said(), "");
  EXPECT_EQ(daemon.session.describe(), "daemon, open, keepalive off") << "nothing is left of it";
}

TEST(StreamAbort, BeforeTheReplyGetsAnErrorReply) {
  for (const bool accepts : {true, false}) {
    Alone daemon(Side::daemon);
    daemon.arrives(call(Upload::proc, 0));
    daemon.arrives(abort(Upload::proc, 0));
    EXPECT_EQ(daemon.told(), "call upload #0\nfailed upload #0 error 78 the client aborted the stream\n");
    if (accepts) daemon.session.accept(upload, {});
    daemon.session.fail(upload, error(Code::operation_failed, "cancelled"));
    EXPECT_EQ(daemon.said(), "REPLY upload #0 error 78 the stream was aborted by the client\n");
    EXPECT_EQ(daemon.session.streams(), 0u);
  }
}

TEST(StreamAbort, OfTheDaemonIsNotAnswered) {
  Alone client = opened_client(Upload::proc);
  client.ready(upload, "water");
  client.arrives(abort(Upload::proc, 0), error_of(Code::system_error, "disk full"));
  EXPECT_EQ(client.told(), "failed upload #0 error 38 disk full\n");
  EXPECT_EQ(client.said(), "");
  client.session.ready(upload, 3);  // who writes may not know yet
  client.session.finish(upload);
  client.session.abort(upload, changed);
  EXPECT_EQ(client.said(), "");
  client.arrives(abort(Upload::proc, 0), error_of(Code::system_error, "disk full"));  // libvirtd may repeat it
  EXPECT_EQ(client.told(), "");
}

TEST(StreamAbort, OfTheDaemonMakesWhatTheClientHadInFlightNothing) {
  Alone daemon = opened_daemon(Upload::proc);
  daemon.session.fail(upload, error(Code::system_error, "disk full"));
  daemon.arrives(data(Upload::proc, 0), "late");
  daemon.arrives(finish(Upload::proc, 0));
  EXPECT_EQ(daemon.said(), "STREAM upload #0 error 38 disk full\n");
  EXPECT_EQ(daemon.told(), "");
  EXPECT_EQ(daemon.dropped, "late");
}

TEST(StreamAbort, OfTheDaemonMayOvertakeItsReply) {
  Alone client = calling_client(Download::proc);
  client.arrives(data(Download::proc, 0), "water");
  client.arrives(abort(Download::proc, 0), error_of(Code::system_error, "disk failed"));
  EXPECT_EQ(client.inbox[download], "water");
  EXPECT_EQ(client.told(), "reply download #0 error 38 disk failed\n");
  EXPECT_FALSE(client.session.calls_pending());
  client.arrives(reply(Download::proc, 0));
  EXPECT_EQ(client.told(), "") << "the reply finds nobody, and that is no violation";
  client.arrives(reply(Download::proc, 0));
  EXPECT_TRUE(client.told().starts_with("broken: ")) << "a second one is";
}

TEST(StreamAbort, LeavesTheOtherStreamsAlone) {
  Alone daemon(Side::daemon);
  for (const std::uint32_t serial : {0u, 1u}) {
    daemon.arrives(call(Upload::proc, serial));
    daemon.session.accept(id_of(Upload::proc, serial), {});
  }
  daemon.said();
  daemon.arrives(data(Upload::proc, 0), "a");
  daemon.arrives(data(Upload::proc, 1), "b");
  daemon.arrives(abort(Upload::proc, 0));
  daemon.arrives(data(Upload::proc, 1), "c");
  EXPECT_EQ(daemon.inbox[id_of(Upload::proc, 1)], "bc");
}

TEST(StreamAbort, WithAnUnknownStatusIsAnsweredByAnError) {
  Alone daemon = opened_daemon(Upload::proc);
  daemon.arrives(header(Kind::stream, Upload::proc, 0, static_cast<Status>(7)));
  EXPECT_EQ(daemon.said(), "STREAM upload #0 error 39 stream of upload is broken off: status 7 is none\n");
  EXPECT_EQ(daemon.told(), "failed upload #0 error 39 stream of upload is broken off: status 7 is none\n");
  daemon.session.fail(upload, error(Code::operation_failed, "cancelled"));
  EXPECT_EQ(daemon.said(), "");
}

}  // namespace
}  // namespace sluice::session
