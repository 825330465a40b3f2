// Calls and streams of a program of one's own, from both ends.

#include "client/play_service_test.h"

namespace sluice::client {
namespace {

using Service = PlayService;

TEST_F(Service, AnswersACall) { EXPECT_EQ(connect().call<Play>(Add{.a = 40, .b = 2}).sum, 42); }

TEST_F(Service, SaysThatAProcedureIsNotServed) {
  const Error error = failure_of([&] { connect().call<Play>(Absent{}); });
  EXPECT_EQ(error.code, Code::no_support);
  EXPECT_EQ(error.message, "'absent' is not served here");
  EXPECT_EQ(error.origin, Origin::remote);
}

TEST_F(Service, AHandlersFailureTravelsAsItself) {
  auto connection = connect();
  auto stream = connection.open<Play>(Put{.fails_after = 100'000});
  const Error error = failure_of([&] {
    const auto bytes = pattern(30'000);
    for (;;) stream.write(bytes);  // endless: the early reply stops the sender
  });
  EXPECT_EQ(error.code, Code::overflow);
  EXPECT_EQ(error.message, "that is too much");
  EXPECT_EQ(connection.call<Play>(Add{.a = 1, .b = 1}).sum, 2);  // nothing else is disturbed
}

TEST_F(Service, AnyOtherExceptionOfAHandlerIsTheClientsErrorToo) {
  Server other({.socket = directory.path() + "/other"});
  other.on<Play>([](const Add&) -> Add::Reply { throw std::runtime_error("out of order"); });
  other.start();
  auto connection = Connection::open(directory.path() + "/other");
  EXPECT_EQ(failure_of([&] { connection.call<Play>(Add{}); }).message, "out of order");
}

TEST_F(Service, ADownloadEndsWhereItsHandlerReturns) {
  auto connection = connect();
  auto stream = connection.open<Play>(Get{.bytes = 1'234'567});
  std::vector<std::byte> all;
  std::vector<std::byte> room(70'000);
  while (const std::size_t count = stream.read(room))
    all.insert(all.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(count));
  stream.finish();
  EXPECT_EQ(all, pattern(1'234'567));
}

TEST_F(Service, ADownloadThatFailsHalfWaySaysWhy) {
  auto connection = connect();
  auto stream = connection.open<Play>(Get{.bytes = 100'000'000, .fails_after = 5'000'000});
  std::vector<std::byte> room(70'000);
  const Error error = failure_of([&] {
    while (stream.read(room) != 0) {
    }
  });
  EXPECT_EQ(error.message, "the well is dry");
}

TEST_F(Service, AReaderMayFinishBeforeTheEnd) {
  auto connection = connect();
  auto stream = connection.open<Play>(Get{.bytes = 1'000'000'000'000});
  std::vector<std::byte> room(1000);
  EXPECT_GT(stream.read(room), 0U);
  stream.finish();
  EXPECT_EQ(connection.call<Play>(Add{.a = 1, .b = 2}).sum, 3);
}

TEST_F(Service, AStreamBothWaysIsAConversation) {
  auto connection = connect();
  auto stream = connection.open<Play>(Talk{});
  std::vector<std::byte> room(100);
  for (const std::string_view line : {"one", "two", "bye"}) {
    stream.write(line);
    EXPECT_EQ(as_text(std::span<const std::byte>(room).first(stream.read(room))), line);
  }
  EXPECT_EQ(stream.read(room), 0U);
  stream.finish();
}

TEST_F(Service, ManyThreadsUseOneConnectionAtOnce) {
  auto connection = connect();
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (std::int64_t i = 0; i < 8; ++i) {
    threads.emplace_back([&connection, &right, i] {
      for (std::int64_t k = 0; k < 30; ++k) {
        if (connection.call<Play>(Add{.a = i, .b = k}).sum == i + k) ++right;
      }
      const auto bytes = pattern(300'000);
      auto stream = connection.open<Play>(Put{});
      stream.write(bytes);
      if (stream.finish().sum == sum_of(bytes)) ++right;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 8 * 31);
}

TEST_F(Service, WhoVanishesIsNoticedByTheHandler) {
  {
    auto connection = connect();
    auto stream = connection.open<Play>(Stand{});
    stream.write("here I am");
    ASSERT_TRUE(soon([&] { return standing == 1; }));
    connection.close();
  }
  let_go();
  EXPECT_NE(ended_with.get_future().get(), "");
}

TEST_F(Service, StopCutsClientsOffAndWaitsForHandlers) {
  auto connection = connect();
  auto stream = connection.open<Play>(Stand{});
  stream.write("here I am");
  ASSERT_TRUE(soon([&] { return standing == 1; }));
  std::thread stopping([&] { server.stop(); });
  EXPECT_THROW(stream.finish(), Disconnected);
  EXPECT_THROW(connection.call<Play>(Add{}), Disconnected);
  let_go();
  stopping.join();
  EXPECT_NE(ended_with.get_future().get(), "");
  EXPECT_FALSE(connection.alive());
}

TEST_F(Service, ASocketThatIsInUseIsRefusedByName) {
  Server second({.socket = socket()});
  const Error error = failure_of([&] { second.start(); });
  EXPECT_NE(error.message.find(socket()), std::string::npos) << error.message;
  EXPECT_EQ(connect().call<Play>(Add{.a = 1, .b = 2}).sum, 3);  // the first one still serves
}

TEST_F(Service, CanBeStoppedAndStartedAgain) {
  server.stop();
  EXPECT_THROW(connect(), Disconnected);
  server.start();
  EXPECT_EQ(connect().call<Play>(Add{.a = 1, .b = 2}).sum, 3);
}

TEST(ServiceDeclaration, TwoHandlersOfOneProcedureAreRefused) {
  Server server({.socket = "/nowhere"});
  server.on<Play>([](const Add&) { return Add::Reply{}; });
  EXPECT_THROW(server.on<Play>([](const Add&) { return Add::Reply{}; }), std::logic_error);
}

}  // namespace
}  // namespace sluice::client
