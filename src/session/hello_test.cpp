// hello: how two Sluices find out about each other, and how everybody else is left in peace.

#include <gmock/gmock.h>

#include "session/alone.h"

namespace sluice::session {
namespace {

using testing::HasSubstr;

const Header hello{.program = remote::Extension::number, .version = 1, .procedure = 1, .kind = Kind::call, .serial = 5};

Buffer fields(std::uint32_t max_message = 65'564, std::uint32_t max_streams = 16, std::uint64_t features = 3) {
  return xdr::encode(remote::HelloFields{.software = "Test",
                                         .features = features,
                                         .max_message = max_message,
                                         .max_streams = max_streams,
                                         .early_window = 0,
                                         .params = {}});
}

Header answer(std::uint32_t serial, Status status = Status::ok) {
  Header header = hello;
  header.kind = Kind::reply;
  header.serial = serial;
  header.status = status;
  return header;
}

TEST(Hello, LeavesRightBehindTheOpen) {
  Alone client(Side::client, sample_options(all_programs));
  client.session.call(remote::Remote::number, remote::ConnectOpen::proc, {}, {});
  client.session.hello();
  EXPECT_THAT(client.said(), testing::StartsWith("CALL connect_open #0 ok\nCALL hello #1 ok "));
  client.arrives(remote_header(Kind::reply, remote::ConnectOpen::proc, 0));
  client.arrives(answer(1), fields());
  EXPECT_EQ(client.told(), "reply connect_open #0 ok\nextended\n");
}

TEST(Hello, IsAnsweredWhileTheOpenIsUnderWay) {
  Alone daemon(Side::daemon, sample_options(all_programs));
  daemon.arrives(remote_header(Kind::call, remote::ConnectOpen::proc, 0));
  daemon.arrives(hello, fields());
  EXPECT_THAT(daemon.said(), testing::StartsWith("REPLY hello #5 ok"));
  EXPECT_TRUE(daemon.session.extended());
  EXPECT_EQ(daemon.told(), "call connect_open #0\n");
}

TEST(Hello, RefusedByALibvirtdLeavesTheConnectionAsItWas) {
  Alone client(Side::client);
  client.session.hello();
  client.said();
  client.arrives(answer(0, Status::error), error_of(Code::rpc, "Cannot find program 1397506901 version 1"));
  EXPECT_EQ(client.told(), "not extended\n");
  EXPECT_FALSE(client.session.extended() || client.session.reply_last_possible());
  client.session.call(Sample::number, Download::proc, {}, {});
  EXPECT_EQ(client.said(), "CALL download #1 ok\n") << "no window follows";
}

TEST(Hello, OffersAndRefusalsAreAsOfAnyOtherProgramIfSwitchedOff) {
  Options options = sample_options();
  options.extension = false;
  Alone daemon(Side::daemon, options);
  daemon.arrives(hello, fields());
  EXPECT_EQ(daemon.said(), "REPLY hello #5 error 39 Cannot find program 1397506901 version 1\n");
  Alone client(Side::client, options);
  client.session.hello();
  EXPECT_EQ(client.told(), "not extended\n");
  EXPECT_EQ(client.said(), "");
}

TEST(Hello, ASecondOneIsRefused) {
  Alone daemon(Side::daemon);
  daemon.become_extended();
  daemon.arrives(hello, fields());
  EXPECT_EQ(daemon.said(), "REPLY hello #5 error 55 hello was said already\n");
  EXPECT_TRUE(daemon.session.extended());
}

TEST(Hello, OtherCallsOfTheProgramNeedIt) {
  constexpr std::array programs{remote::Extension::info()};
  Alone daemon(Side::daemon, sample_options(programs));
  Header save = hello;
  save.procedure = remote::DomainSaveStream::proc.number;
  daemon.arrives(save);
  EXPECT_EQ(daemon.said(), "REPLY domain_save #5 error 55 hello comes before other calls of this program\n");
  daemon.become_extended();
  daemon.arrives(save);
  EXPECT_EQ(daemon.told(), "call domain_save #5\n");
  Header unknown = hello;
  unknown.procedure = 4711;
  daemon.arrives(unknown);
  EXPECT_THAT(daemon.said(), HasSubstr("error 39 unknown procedure: 4711"));
  Header window = hello;
  window.procedure = remote::Window::proc.number;
  daemon.arrives(window);
  EXPECT_THAT(daemon.said(), HasSubstr("error 39 unknown procedure: 2")) << "it is an event, not a call";
}

TEST(Hello, AfterStreamsWereOpenedItIsTooLate) {
  Alone daemon(Side::daemon);
  daemon.arrives(call(Upload::proc, 0));
  daemon.arrives(hello, fields());
  EXPECT_EQ(daemon.said(), "REPLY hello #5 error 55 hello comes before streams\n");
  EXPECT_FALSE(daemon.session.extended());
}

TEST(Hello, OffersThatAreTooSmallOrCannotBeReadAreRefused) {
  for (const Buffer& offer : {fields(65'563), fields(65'564, 15), Buffer(10)}) {
    Alone daemon(Side::daemon);
    daemon.arrives(hello, offer);
    EXPECT_THAT(daemon.said(), HasSubstr("REPLY hello #5 error "));
    EXPECT_FALSE(daemon.session.extended());
    Alone client(Side::client);
    client.session.hello();
    client.said();
    client.arrives(answer(0), offer);
    EXPECT_THAT(client.told(), HasSubstr("broken: ")) << "the daemon counts windows by now";
  }
}

TEST(Hello, FieldsOfLaterVersionsAreIgnored) {
  Buffer more = fields();
  more.resize(more.size() + 8);
  Alone daemon(Side::daemon);
  daemon.arrives(hello, more);
  EXPECT_TRUE(daemon.session.extended());
}

TEST(Hello, OnlyFeaturesOfBothEndsAreUsed) {
  for (const std::uint64_t features : {0u, 1u, 2u, 0xffu}) {
    Alone client(Side::client);
    client.session.hello();
    client.said();
    client.arrives(answer(0), fields(65'564, 16, features));
    client.told();
    EXPECT_EQ(client.session.reply_last_possible(), (features & 1) != 0);
    const CallId id = client.session.call(Sample::number, Upload::proc, {}, {});
    EXPECT_EQ(client.session.holes_allowed(id), (features & 2) != 0);
  }
}

TEST(Hello, WithoutItWindowsAreDroppedByTheDaemonAndEndTheClientsConnection) {
  Alone daemon(Side::daemon);
  daemon.arrives(call(Download::proc, 1));
  daemon.told();
  daemon.window(id_of(Download::proc, 1), 100);
  EXPECT_EQ(daemon.told(), "");
  Alone client(Side::client);
  client.window(id_of(Upload::proc, 1), 100);
  EXPECT_THAT(client.told(), HasSubstr("an event of the unknown program"));
}

TEST(HelloDeathTest, NoStreamIsOpenedBeforeItsAnswer) {
  Alone client(Side::client);
  client.session.hello();
  EXPECT_DEATH(client.session.call(Sample::number, Upload::proc, {}, {}), "before hello was answered");
}

}  // namespace
}  // namespace sluice::session
