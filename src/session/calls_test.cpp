// Calls, their serials and their replies; what is refused and how; what is bounded.

#include <gmock/gmock.h>

#include "session/alone.h"

namespace sluice::session {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Header error_reply(const Proc& proc, std::uint32_t serial) { return header(Kind::reply, proc, serial, Status::error); }

TEST(Calls, AreNumberedFromZeroAndAnsweredInAnyOrder) {
  Alone client(Side::client);
  for (int i = 0; i < 3; ++i) client.session.call(Sample::number, Plain::proc, {}, {});
  EXPECT_EQ(client.said(), "CALL plain #0 ok\nCALL plain #1 ok\nCALL plain #2 ok\n");
  EXPECT_TRUE(client.session.calls_pending());
  client.arrives(reply(Plain::proc, 2), "c");
  client.arrives(error_reply(Plain::proc, 0), error_of(Code::no_domain, "no such machine"));
  client.arrives(reply(Plain::proc, 1));
  EXPECT_EQ(client.told(), "reply plain #2 ok 'c'\nreply plain #0 error 42 no such machine\nreply plain #1 ok\n");
  EXPECT_FALSE(client.session.calls_pending());
}

TEST(Calls, SerialsComeAroundAndSkipWhatIsInUse) {
  Options options = sample_options();
  options.first_serial = 0xffffffff;
  Alone client(Side::client, options);
  const CallId last = client.session.call(Sample::number, Upload::proc, {}, {});
  EXPECT_EQ(client.session.call(Sample::number, Upload::proc, {}, {}).serial, 0u);
  EXPECT_EQ(last.serial, 0xffffffffu);
  Alone again(Side::client, options);
  again.session.call(Sample::number, Upload::proc, {}, {});
  again.session.call(Sample::number, Upload::proc, {}, {});
  again.arrives(reply(Upload::proc, 0xffffffff));
  EXPECT_EQ(again.told(), "reply upload #4294967295 ok\n");
}

TEST(Calls, AReplyThatNobodyAskedForEndsTheConnection) {
  Alone client(Side::client);
  client.arrives(reply(Plain::proc, 0));
  EXPECT_THAT(client.told(), StartsWith("broken: the peer broke the protocol: a reply that nobody asked for"));
  Alone twice(Side::client);
  twice.session.call(Sample::number, Plain::proc, {}, {});
  twice.arrives(reply(Plain::proc, 0));
  twice.arrives(reply(Plain::proc, 0));
  EXPECT_THAT(twice.told(), HasSubstr("broken: "));
}

TEST(Calls, AReplyOfAnotherProcedureIsNotTheOne) {
  Alone client(Side::client);
  client.session.call(Sample::number, Plain::proc, {}, {});
  client.arrives(reply(Happening::proc, 0));
  EXPECT_THAT(client.told(), HasSubstr("broken: "));
}

TEST(Calls, AnErrorReplyThatCannotBeReadIsAnErrorAllTheSame) {
  Alone client(Side::client);
  client.session.call(Sample::number, Plain::proc, {}, {});
  client.arrives(error_reply(Plain::proc, 0), "short");
  EXPECT_THAT(client.told(), StartsWith("reply plain #0 error 39 the peer reported an error that cannot be read"));
}

TEST(Calls, AReplyWithAnUnknownStatusEndsTheConnection) {
  Alone client(Side::client);
  client.session.call(Sample::number, Plain::proc, {}, {});
  client.arrives(header(Kind::reply, Plain::proc, 0, Status::more));
  EXPECT_THAT(client.told(), HasSubstr("a reply of status 2 arrived"));
}

TEST(Calls, OfTheDaemonEndTheConnection) {
  Alone client(Side::client);
  client.arrives(call(Plain::proc, 0));
  EXPECT_THAT(client.told(), HasSubstr("the peer calls, but it is the daemon"));
}

TEST(Calls, ToAnUnknownProcedureAreAnsweredInTheWordsThatClientsKnow) {
  Alone daemon(Side::daemon);
  const Proc unknown{4711, "unknown", Streaming::none, Role::none};
  daemon.arrives(call(unknown, 5));
  EXPECT_EQ(daemon.said(), "REPLY unknown #5 error 39 unknown procedure: 4711\n");
  for (const std::int32_t number : {0, -1, 65535, 2147483647}) {
    daemon.arrives(call(Proc{number, "unknown", Streaming::none, Role::none}, 5));
    EXPECT_THAT(daemon.said(), HasSubstr("error 39 unknown procedure: ")) << number;
  }
  EXPECT_EQ(daemon.told(), "");
}

TEST(Calls, ToAnUnknownProgramAreEchoed) {
  for (const auto& [program, version] : {std::pair{0x1234u, 1u}, std::pair{Sample::number, 2u}}) {
    Alone daemon(Side::daemon);
    daemon.arrives({.program = program, .version = version, .procedure = 9, .kind = Kind::call, .serial = 77});
    const auto out = daemon.session.compose(1000);
    ASSERT_TRUE(out);
    const auto echo = xdr::decode_front<Header>(Bytes(out->head).subspan(4));
    EXPECT_EQ(echo->value, (Header{.program = program,
                                   .version = version,
                                   .procedure = 9,
                                   .kind = Kind::reply,
                                   .serial = 77,
                                   .status = Status::error}));
    const Error why = remote::decode_error(echo->rest);
    EXPECT_EQ(why.code, Code::rpc);
    EXPECT_EQ(why.domain, ErrorDomain::rpc);
    EXPECT_THAT(why.message, StartsWith("Cannot find program " + std::to_string(program)));
  }
}

TEST(Calls, WhoseStatusIsNotOkAreRefused) {
  Alone daemon(Side::daemon);
  for (const Status status : {Status::error, Status::more, static_cast<Status>(9)}) {
    daemon.arrives(header(Kind::call, Upload::proc, 1, status));
    EXPECT_THAT(daemon.said(), HasSubstr("REPLY upload #1 error 39 a call of status"));
  }
  EXPECT_EQ(daemon.session.streams(), 0u);
}

TEST(Calls, WithTheSerialOfAnOpenStreamAreRefused) {
  Alone daemon(Side::daemon);
  daemon.arrives(call(Upload::proc, 1));
  daemon.session.accept(id_of(Upload::proc, 1), {});
  daemon.said();
  daemon.told();
  daemon.arrives(call(Upload::proc, 1));
  EXPECT_THAT(daemon.said(), StartsWith("REPLY upload #1 error 39 serial 1 belongs to"));
  daemon.arrives(call(Download::proc, 1));
  EXPECT_EQ(daemon.told(), "call download #1\n") << "the triple counts, not the serial alone";
}

TEST(Calls, MessagesThatAClientMayNotSendAreDropped) {
  Alone daemon(Side::daemon);
  daemon.arrives(reply(Plain::proc, 1));
  daemon.arrives(header(Kind::event, Happening::proc, 1), "x");
  daemon.arrives(hole(SparseUpload::proc, 1), hole_of(5));
  daemon.arrives(data(Upload::proc, 1), "late");
  daemon.arrives(finish(Upload::proc, 1));
  daemon.arrives(abort(Upload::proc, 1));
  EXPECT_EQ(daemon.told() + daemon.said(), "");
  EXPECT_EQ(daemon.dropped, "late");
}

TEST(Calls, EventsReachTheClientAndThoseOfUnknownProgramsEndTheConnection) {
  Alone client(Side::client);
  client.arrives(header(Kind::event, Happening::proc, 1), "x");
  client.arrives(header(Kind::event, Proc{99, "younger", Streaming::none, Role::none}, 1), "x");
  EXPECT_EQ(client.told(), "event happening 'x'\n");
  client.arrives({.program = 0x1234, .version = 1, .procedure = 1, .kind = Kind::event, .serial = 1});
  EXPECT_THAT(client.told(), HasSubstr("an event of the unknown program 4660"));
}

TEST(Calls, EventsLeaveLikeLibvirtds) {
  Alone daemon(Side::daemon, sample_options(all_programs));
  daemon.session.notify(remote::Remote::number, remote::DomainEventCallbackLifecycle::proc, text("ev"));
  EXPECT_EQ(daemon.said(), "EVENT domain_event_callback_lifecycle #1 ok 'ev'\n");
}

TEST(Calls, TooManyStreamsAreRefusedOneByOne) {
  Options options = sample_options();
  options.streams_max = 2;
  Alone daemon(Side::daemon, options);
  for (std::uint32_t serial = 0; serial < 3; ++serial) daemon.arrives(call(Upload::proc, serial));
  EXPECT_EQ(daemon.told(), "call upload #0\ncall upload #1\n");
  EXPECT_EQ(daemon.said(), "REPLY upload #2 error 9 too many streams\n");
  daemon.session.fail(id_of(Upload::proc, 0), error(Code::no_domain, "none"));
  daemon.arrives(call(Upload::proc, 3));
  EXPECT_EQ(daemon.told(), "call upload #3\n");
}

TEST(Calls, TooManyThatWaitAreRefused) {
  Alone daemon(Side::daemon);
  for (std::uint32_t serial = 0; serial < limits::calls_pending_max; ++serial)
    daemon.arrives(call(Plain::proc, serial));
  EXPECT_EQ(daemon.said(), "");
  daemon.arrives(call(Plain::proc, 1'000'000));
  EXPECT_EQ(daemon.said(), "REPLY plain #1000000 error 9 too many calls wait for their answer\n");
}

TEST(Calls, AnAnswerThatNoMessageCanCarryIsAnError) {
  Alone daemon(Side::daemon);
  daemon.arrives(call(Plain::proc, 1));
  daemon.session.reply(id_of(Plain::proc, 1), Buffer(limits::message_max));
  EXPECT_THAT(daemon.said(), testing::StartsWith("REPLY plain #1 error 82 the answer has 33554432 bytes"));
}

TEST(Calls, OpenStreamsAreNoCallsThatWait) {
  Alone daemon(Side::daemon);
  for (std::uint32_t serial = 0; serial < limits::streams_max; ++serial) {
    daemon.arrives(call(Upload::proc, serial));
    daemon.session.accept(id_of(Upload::proc, serial), {});
  }
  daemon.told();
  daemon.said();
  daemon.arrives(call(Plain::proc, 1'000'000));
  EXPECT_EQ(daemon.told(), "call plain #1000000\n");
  EXPECT_EQ(daemon.said(), "");
}

TEST(Calls, TooManyBytesThatWaitAreRefused) {
  Alone daemon(Side::daemon);
  const Buffer large(30'000'000);
  std::uint32_t serial = 0;
  while (serial < 10 && daemon.said().empty()) {
    daemon.arrives(call(Plain::proc, serial++), large);
    daemon.told();
  }
  EXPECT_EQ(serial, 4u) << "the third went over the limit, the fourth was refused";
}

TEST(Calls, APeerThatReadsNoRepliesIsGivenUp) {
  Alone daemon(Side::daemon);
  const Buffer large(30'000'000);
  for (std::uint32_t serial = 0; serial < 3; ++serial) {
    daemon.arrives(call(Plain::proc, serial));
    daemon.session.reply(id_of(Plain::proc, serial), large);
  }
  EXPECT_TRUE(daemon.session.has_events()) << "no byte of that peer will make anybody look";
  EXPECT_EQ(daemon.told(),
            "call plain #0\ncall plain #1\ncall plain #2\nbroken: the peer does not read what it is sent\n");
  EXPECT_FALSE(daemon.session.has_events() || daemon.session.deadline() || daemon.session.compose(1000));
}

TEST(Calls, AStreamThatIsRefusedLeavesNothing) {
  Alone client(Side::client);
  client.session.call(Sample::number, Download::proc, {}, {});
  client.arrives(error_reply(Download::proc, 0), error_of(Code::no_domain, "no such machine"));
  client.arrives(data(Download::proc, 0), "late");
  EXPECT_EQ(client.told(), "reply download #0 error 42 no such machine\n");
  EXPECT_EQ(client.dropped, "late");
  EXPECT_EQ(client.session.streams(), 0u);
}

TEST(Calls, DataThatOvertakeTheReplyAreKept) {
  Alone client(Side::client);
  const CallId id = client.session.call(Sample::number, Download::proc, {}, {});
  client.arrives(data(Download::proc, 0), "wa");
  client.arrives(data(Download::proc, 0));
  client.arrives(reply(Download::proc, 0));
  EXPECT_EQ(client.inbox[id], "wa");
  EXPECT_EQ(client.told(), "ended download #0\nreply download #0 ok\n");
}

TEST(Calls, AStreamThatEndsWithoutHavingBeenOpenedIsAnError) {
  Alone daemon(Side::daemon);
  daemon.arrives(call(Upload::proc, 0));
  daemon.session.done(id_of(Upload::proc, 0), {});
  EXPECT_EQ(daemon.said(), "REPLY upload #0 error 1 the call ended without opening its stream\n");
}

TEST(Calls, WhatIsAskedForWhatIsOverDoesNothing) {
  const CallId gone = id_of(Console::proc, 77);
  Alone client(Side::client);
  client.session.finish(gone);
  client.session.abort(gone, error(Code::operation_aborted, "no"));
  Alone daemon(Side::daemon);
  daemon.session.reply(gone, {});
  daemon.session.accept(gone, {});
  daemon.session.fail(gone, error(Code::operation_failed, "no"));
  daemon.session.done(gone, {});
  daemon.session.end(gone);
  for (Session* session : {&client.session, &daemon.session}) {
    session->ready(gone, 5);
    session->hole(gone, 5);
    session->taken(gone, 5);
    EXPECT_EQ(session->queued(gone), 0u);
    EXPECT_FALSE(session->sending(gone) || session->holes_allowed(gone));
  }
  EXPECT_EQ(client.said() + client.told() + daemon.said() + daemon.told(), "");
}

TEST(Calls, ALostConnectionFailsEverythingOnce) {
  Alone client(Side::client);
  client.session.call(Sample::number, Plain::proc, {}, {});
  const CallId id = client.session.call(Sample::number, Upload::proc, {}, {});
  client.arrives(reply(Upload::proc, 1));
  client.ready(id, "water");
  client.told();
  client.session.lost(error(Code::system_error, "gone"));
  client.session.lost(error(Code::system_error, "gone again"));
  EXPECT_EQ(client.told(), "reply plain #0 error 38 gone\nfailed upload #1 error 38 gone\nbroken: gone\n");
  EXPECT_EQ(client.session.streams(), 0u);
  EXPECT_FALSE(client.session.wants_to_send() || client.session.calls_pending());
  EXPECT_EQ(client.session.receive(wire::frame(reply(Plain::proc, 0), {})), 0u);
  client.session.call(Sample::number, Plain::proc, {}, {});
  EXPECT_EQ(client.told(), "reply plain #2 error 38 gone\n") << "a call on it fails at once";
}

TEST(Calls, ALostConnectionStopsHandlersAndTheirAnswersGoNowhere) {
  Alone daemon(Side::daemon);
  daemon.arrives(call(Plain::proc, 0));
  daemon.arrives(call(Upload::proc, 1));
  daemon.session.accept(id_of(Upload::proc, 1), {});
  daemon.told();
  daemon.session.lost(error(Code::system_error, "gone"));
  EXPECT_EQ(daemon.told(), "failed upload #1 error 38 gone\nbroken: gone\n");
  daemon.session.reply(id_of(Plain::proc, 0), {});
  daemon.session.fail(id_of(Upload::proc, 1), error(Code::operation_failed, "stopped"));
  EXPECT_EQ(daemon.told() + daemon.said(), "");
}

}  // namespace
}  // namespace sluice::session
