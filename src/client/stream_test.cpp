// Both faces of a stream, its ends, and threads.

#include "client/play_service_test.h"

namespace sluice::client {
namespace {

using Streams = PlayService;

TEST_F(Streams, PushedInSmallAndLargeWritesArriveInOrder) {
  auto connection = connect();
  auto stream = connection.open<Play>(Put{});
  const auto bytes = pattern(3'000'000);
  std::size_t at = 0;
  for (std::size_t size = 1; at < bytes.size(); size = size * 3 + 1) {
    const std::size_t now = std::min(size % 900'000, bytes.size() - at);
    stream.write(std::span(bytes).subspan(at, now));
    at += now;
  }
  const Put::Result result = stream.finish();
  EXPECT_EQ(result.bytes, bytes.size());
  EXPECT_EQ(result.sum, sum_of(bytes));
}

TEST_F(Streams, ByteAfterByteIsAllRight) {
  auto connection = connect();
  auto stream = connection.open<Play>(Put{});
  const auto bytes = pattern(20'000);
  for (const std::byte& byte : bytes) stream.write(std::span(&byte, 1));
  EXPECT_EQ(stream.finish().sum, sum_of(bytes));
}

TEST_F(Streams, AnEmptyOneIsAllRight) {
  auto connection = connect();
  auto stream = connection.open<Play>(Put{});
  stream.write(std::span<const std::byte>());
  EXPECT_EQ(stream.finish().bytes, 0U);
}

TEST_F(Streams, PulledFromAReaderUntilItGivesNothing) {
  auto connection = connect();
  std::uint64_t at = 0;
  constexpr std::uint64_t all = 5'000'001;
  const Put::Result result = connection.open<Play>(Put{}).send([&](std::span<std::byte> room) {
    const std::size_t now = std::min<std::uint64_t>(room.size() - 5, all - at);
    std::ranges::copy(pattern(now, at), room.begin());
    at += now;
    return now;
  });
  EXPECT_EQ(result.bytes, all);
  EXPECT_EQ(result.sum, sum_of(pattern(all)));
}

TEST_F(Streams, WhatAReaderThrowsAbortsAndComesOut) {
  auto connection = connect();
  auto stream = connection.open<Play>(Put{});
  int calls = 0;
  const auto reader = [&](std::span<std::byte> room) -> std::size_t {
    if (++calls == 5) throw std::range_error("the tape tore");
    return room.size();
  };
  EXPECT_THROW(stream.send(reader), std::range_error);
  EXPECT_EQ(stream.failure()->message, "the tape tore");
  EXPECT_EQ(connection.call<Play>(Add{.a = 1, .b = 2}).sum, 3);
}

TEST_F(Streams, AReaderThatLiesIsFoundOut) {
  auto connection = connect();
  auto stream = connection.open<Play>(Put{});
  EXPECT_THROW(stream.send([](std::span<std::byte> room) { return room.size() + 1; }), std::logic_error);
}

TEST_F(Streams, AnEarlyFailureStopsAnEndlessReader) {
  auto connection = connect();
  auto stream = connection.open<Play>(Put{.fails_after = 1'000'000});
  const auto reader = [&](std::span<std::byte> room) { return room.size(); };
  EXPECT_EQ(failure_of([&] { stream.send(reader); }).message, "that is too much");
}

TEST_F(Streams, PushedIntoAWriter) {
  auto connection = connect();
  std::vector<std::byte> all;
  connection.open<Play>(Get{.bytes = 2'000'000}).receive([&](std::span<const std::byte> bytes) {
    all.insert(all.end(), bytes.begin(), bytes.end());
  });
  EXPECT_EQ(all, pattern(2'000'000));
}

TEST_F(Streams, WhatAWriterThrowsAbortsAndComesOut) {
  auto connection = connect();
  auto stream = connection.open<Play>(Get{.bytes = 1'000'000'000'000});
  EXPECT_THROW(stream.receive([](std::span<const std::byte>) { throw std::range_error("no more room"); }),
               std::range_error);
  EXPECT_EQ(connection.call<Play>(Add{.a = 1, .b = 2}).sum, 3);
}

TEST_F(Streams, AWriterOfAStuckStreamIsFreedByAnAbortFromElsewhere) {
  auto connection = connect();
  auto stream = connection.open<Play>(Stand{});
  std::thread aborting([&] {
    EXPECT_TRUE(soon([&] { return standing == 1; }));
    stream.abort("that takes too long");
    let_go();
  });
  const auto large = pattern(1'000'000);
  const Error error = failure_of([&] {
    for (;;) stream.write(large);  // lent, and given back by the abort
  });
  aborting.join();
  EXPECT_EQ(error.message, "that takes too long");
  EXPECT_NE(ended_with.get_future().get(), "");
}

TEST_F(Streams, AReaderThatWaitsIsFreedByAnAbortFromElsewhere) {
  auto connection = connect();
  auto stream = connection.open<Play>(Talk{});
  std::thread aborting([&] { stream.abort("enough"); });
  std::vector<std::byte> room(100);
  EXPECT_EQ(failure_of([&] { stream.read(room); }).message, "enough");
  aborting.join();
}

TEST_F(Streams, DroppingOneAbortsItAndNeverBlocks) {
  auto connection = connect();
  {
    auto stream = connection.open<Play>(Stand{});
    stream.write("first");
    ASSERT_TRUE(soon([&] { return standing == 1; }));
  }
  let_go();
  EXPECT_NE(ended_with.get_future().get(), "");
  EXPECT_EQ(connection.call<Play>(Add{.a = 1, .b = 2}).sum, 3);
}

TEST_F(Streams, OneOutlivesTheConnectionsHandles) {
  auto stream = connect().open<Play>(Put{});
  stream.write("still here");
  EXPECT_EQ(stream.finish().bytes, 10U);
}

TEST_F(Streams, AnAbortAfterTheEndChangesNothing) {
  auto connection = connect();
  auto stream = connection.open<Play>(Put{});
  stream.write("x");
  EXPECT_EQ(stream.finish().bytes, 1U);
  stream.abort("too late");
  EXPECT_FALSE(stream.failure());
}

TEST_F(Streams, TheFirstReasonStays) {
  auto connection = connect();
  auto stream = connection.open<Play>(Put{});
  stream.abort("first");
  stream.abort("second");
  EXPECT_EQ(failure_of([&] { stream.finish(); }).message, "first");
  EXPECT_EQ(failure_of([&] { stream.write("x"); }).message, "first");
}

TEST_F(Streams, MisuseIsALogicError) {
  auto connection = connect();
  auto up = connection.open<Play>(Put{});
  auto down = connection.open<Play>(Get{.bytes = 1});
  std::vector<std::byte> room(1);
  EXPECT_THROW(up.read(room), std::logic_error);
  EXPECT_THROW(down.write("x"), std::logic_error);
  EXPECT_THROW(Stream().write("x"), std::logic_error);
  up.begin_finish();
  EXPECT_THROW(up.write("x"), std::logic_error);
}

TEST_F(Streams, ManyAtOnceOnOneConnectionDoNotStallEachOther) {
  auto connection = connect();
  auto stuck = connection.open<Play>(Stand{});
  const auto part = pattern(60'000);
  while (stuck.try_write(part) == part.size()) {
  }
  for (int i = 0; i < 3; ++i) {
    auto stream = connection.open<Play>(Put{});
    stream.write(part);
    EXPECT_EQ(stream.finish().bytes, part.size());
  }
  stuck.abort();
  let_go();
}

}  // namespace
}  // namespace sluice::client
