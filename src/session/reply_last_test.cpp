// RPC 3: data follow the call at once, the one reply is the outcome, and an early error reply stops the sender.

#include <gmock/gmock.h>

#include "session/alone.h"

namespace sluice::session {
namespace {

const CallId upload = id_of(Upload::proc, 1);
const Header early = header(Kind::call, Upload::proc, 1, Status::more);

Alone sending() {
  Alone client(Side::client);
  client.become_extended();  // with an early window of 1000
  client.session.call(Sample::number, Upload::proc, text("args"), {.reply_last = true});
  return client;
}

Alone receiving() {
  Options options = sample_options();
  options.window = 10'000;
  options.early_window = 1000;
  Alone daemon(Side::daemon, options);
  daemon.become_extended();
  daemon.arrives(early, "args");
  return daemon;
}

Header refused() { return header(Kind::reply, Upload::proc, 1, Status::error); }

TEST(ReplyLast, DataFollowTheCallAtOnceWithinTheEarlyWindow) {
  Alone client = sending();
  EXPECT_TRUE(client.session.sending(upload));
  client.ready(upload, std::string(1000, 'x'));
  EXPECT_EQ(client.said(), "CALL upload #1 more 'args'\nSTREAM upload #1 more 972 bytes\n");
  client.window(upload, 2000);
  EXPECT_EQ(client.said(), "STREAM upload #1 more 'xxxxxxxxxxxxxxxxxxxxxxxxxxxx'\n");
}

TEST(ReplyLast, TheReplyIsTheOutcome) {
  Alone client = sending();
  client.session.finish(upload);
  EXPECT_EQ(client.said(), "CALL upload #1 more 'args'\nSTREAM upload #1 ok\n");
  client.arrives(reply(Upload::proc, 1), "result");
  EXPECT_EQ(client.told(), "reply upload #1 ok 'result'\n");
  EXPECT_EQ(client.session.streams(), 0u);
}

TEST(ReplyLast, AnEarlyErrorReplyStopsTheSenderAtOnce) {
  Alone client = sending();
  client.ready(upload, "water");
  client.said();
  client.ready(upload, "more water");
  client.arrives(refused(), error_of(Code::no_domain, "no such machine"));
  EXPECT_EQ(client.told(), "reply upload #1 error 42 no such machine\n");
  EXPECT_FALSE(client.session.sending(upload));
  client.session.finish(upload);
  EXPECT_EQ(client.said(), "") << "nothing more is sent, not even an abort";
}

TEST(ReplyLast, AReplyBeforeTheFinishIsAViolation) {
  Alone client = sending();
  client.arrives(reply(Upload::proc, 1));
  EXPECT_THAT(client.told(), testing::HasSubstr("broken: "));
}

TEST(ReplyLast, AnAbortIsAnsweredByTheReply) {
  Alone client = sending();
  client.session.abort(upload, error(Code::operation_aborted, "no"));
  EXPECT_EQ(client.said(), "CALL upload #1 more 'args'\nSTREAM upload #1 error 78 no\n");
  client.arrives(refused(), error_of(Code::operation_aborted, "aborted"));
  EXPECT_EQ(client.told(), "reply upload #1 error 78 aborted\n");
}

TEST(ReplyLast, AnAbortAfterTheFinishMayComeTooLate) {
  Alone client = sending();
  client.session.finish(upload);
  client.said();
  client.session.abort(upload, error(Code::operation_aborted, "no"));
  client.arrives(reply(Upload::proc, 1), "result");
  EXPECT_EQ(client.told(), "reply upload #1 ok 'result'\n");
}

TEST(ReplyLast, DoesNotKeepDataFramesShort) {
  Alone client = sending();
  EXPECT_FALSE(client.session.calls_pending()) << "nobody waits for that reply";
  client.session.call(Sample::number, Plain::proc, {}, {});
  EXPECT_TRUE(client.session.calls_pending());
}

TEST(ReplyLast, TheDaemonReceivesBeforeItsHandlerAccepts) {
  Alone daemon = receiving();
  daemon.arrives(data(Upload::proc, 1), "water");
  EXPECT_EQ(daemon.told(), "call upload #1 reply last 'args'\n");
  EXPECT_EQ(daemon.inbox[upload], "water");
  daemon.session.accept(upload, {});
  EXPECT_EQ(daemon.said(), "WINDOW upload #1 10000\n") << "and no reply";
  daemon.arrives(finish(Upload::proc, 1));
  daemon.session.done(upload, text("result"));
  EXPECT_EQ(daemon.said(), "REPLY upload #1 ok 'result'\n");
  EXPECT_EQ(daemon.session.streams(), 0u);
}

TEST(ReplyLast, TheHandlersReasonIsTheReply) {
  Alone daemon = receiving();
  daemon.session.fail(upload, error(Code::no_domain, "no such machine"));
  EXPECT_EQ(daemon.said(), "REPLY upload #1 error 42 no such machine\n");
  daemon.arrives(data(Upload::proc, 1), "late");
  daemon.arrives(finish(Upload::proc, 1));
  EXPECT_EQ(daemon.dropped, "late");
  EXPECT_EQ(daemon.said(), "");
}

TEST(ReplyLast, MoreThanTheEarlyWindowLosesTheStream) {
  Alone daemon = receiving();
  daemon.told();
  daemon.arrives(data(Upload::proc, 1), std::string(973, 'x'));
  EXPECT_THAT(daemon.said(), testing::StartsWith("REPLY upload #1 error 39 "));
  EXPECT_THAT(daemon.told(), testing::StartsWith("failed upload #1 error 39 "));
}

TEST(ReplyLast, AnAbortStopsTheHandlerAndIsAnsweredWhenThatIsOver) {
  for (const bool done : {true, false}) {
    Alone daemon = receiving();
    daemon.session.accept(upload, {});
    daemon.said();
    daemon.arrives(abort(Upload::proc, 1));
    EXPECT_EQ(daemon.said(), "");
    if (done) {
      daemon.session.done(upload, {});  // it cannot have seen the end
    } else {
      daemon.session.fail(upload, error(Code::operation_failed, "cancelled"));
    }
    EXPECT_EQ(daemon.said(), "REPLY upload #1 error 78 the stream was aborted by the client\n");
  }
}

TEST(ReplyLast, IsRefusedToWhoHasNotAgreed) {
  Alone plain(Side::daemon);
  plain.arrives(early);
  EXPECT_EQ(plain.said(), "REPLY upload #1 error 39 a call of status 2 cannot be answered\n");
  Alone without(Side::daemon);
  without.become_extended(
      {.software = "Test", .features = 0, .max_message = 65'564, .max_streams = 16, .early_window = 0, .params = {}});
  without.arrives(early);
  EXPECT_EQ(without.said(), "REPLY upload #1 error 39 a call of status 2 cannot be answered\n");
  Alone down = receiving();
  down.arrives(header(Kind::call, Download::proc, 2, Status::more));
  EXPECT_EQ(down.said(), "REPLY download #2 error 39 a call of status 2 cannot be answered\n");
}

TEST(ReplyLast, AStreamMessageOfTheDaemonIsAViolation) {
  Alone client = sending();
  client.arrives(data(Upload::proc, 1), "dropped as on any upload");
  EXPECT_EQ(client.told(), "");
  client.arrives(finish(Upload::proc, 1));
  EXPECT_THAT(client.told(), testing::HasSubstr("broken: "));
}

}  // namespace
}  // namespace sluice::session
