// All transports keep the same promises.
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <random>

#include "io/failure.h"
#include "io/loop.h"
#include "io/scope.h"
#include "io/socket_transport.h"
#include "io/unix_socket.h"

namespace sluice::io {
namespace {

struct Ends {
  std::unique_ptr<Transport> first, second;
};
using Make = Ends (*)(const Executor& first, const Executor& second);

Ends in_memory(const Executor& first, const Executor& second) {
  auto [a, b] = memory_transports(first, second, 1000);
  return {std::move(a), std::move(b)};
}
Ends over_unix(const Executor& first, const Executor& second) {
  FdPair pair = make_socket_pair();
  return {adopt_unix(first, std::move(pair.first)), adopt_unix(second, std::move(pair.second))};
}

Ends over_tcp(const Executor& first, const Executor& second) {
  // By hand: a listener needs a task that accepts.
  asio::ip::tcp::acceptor acceptor(first, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  asio::ip::tcp::socket one(first), other(second);
  one.connect(acceptor.local_endpoint());
  acceptor.accept(other);
  using Tcp = SocketTransport<asio::ip::tcp>;
  return {std::make_unique<Tcp>(std::move(one), Identity{}), std::make_unique<Tcp>(std::move(other), Identity{})};
}

class TransportTest : public testing::TestWithParam<Make> {};
INSTANTIATE_TEST_SUITE_P(Memory, TransportTest, testing::Values(in_memory));
INSTANTIATE_TEST_SUITE_P(Tcp, TransportTest, testing::Values(over_tcp));
INSTANTIATE_TEST_SUITE_P(Unix, TransportTest, testing::Values(over_unix));

Buffer pattern(std::size_t size, unsigned seed) {
  std::minstd_rand random(seed);
  Buffer bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random() >> 8);
  return bytes;
}

Task<> write_all(Transport& to, Bytes bytes) {
  while (!bytes.empty()) {
    // In two parts, as a head and its body go.
    const std::size_t head = std::min<std::size_t>(28, bytes.size());
    const std::array<Bytes, 2> parts{bytes.first(head), bytes.subspan(head)};
    bytes = bytes.subspan(co_await to.write_some(parts));
  }
}

Task<Buffer> read_all(Transport& from) {
  Buffer all;
  for (;;) {
    std::array<std::byte, 333> small;
    std::array<std::byte, 4096> large;
    const std::array<MutableBytes, 2> into{small, large};
    const std::size_t count = co_await from.read_some(into);
    if (count == 0) co_return all;
    const std::size_t in_small = std::min(count, small.size());
    all.insert(all.end(), small.begin(), small.begin() + static_cast<std::ptrdiff_t>(in_small));
    all.insert(all.end(), large.begin(), large.begin() + static_cast<std::ptrdiff_t>(count - in_small));
  }
}

TEST_P(TransportTest, CarriesBytesBothWaysBetweenTwoThreads) {
  Loop there;
  const Buffer up = pattern(3'000'000, 1), down = pattern(2'000'000, 2);
  run_here([&]() -> Task<> {
    Ends ends = GetParam()(co_await asio::this_coro::executor, there.executor());
    Buffer arrived_up, arrived_down;
    auto send_up = [&]() -> Task<> {
      co_await write_all(*ends.first, up);
      co_await ends.first->shutdown();
    };
    auto take_down = [&]() -> Task<> { arrived_down = co_await read_all(*ends.first); };
    auto take_up = [&]() -> Task<> { arrived_up = co_await read_all(*ends.second); };
    auto send_down = [&]() -> Task<> {
      co_await write_all(*ends.second, down);
      co_await ends.second->shutdown();
    };
    auto far_both = [&](Scope& scope) -> Task<> {
      scope.spawn(take_up());
      scope.spawn(send_down());
      co_await scope.join();
    };
    auto far_side = [&]() -> Task<> { co_await on(there.executor(), [&] { return scoped(far_both); }); };
    auto all = [&](Scope& scope) -> Task<> {
      scope.spawn(send_up());
      scope.spawn(take_down());
      scope.spawn(far_side());
      co_await scope.join();
    };
    co_await scoped(all);
    EXPECT_TRUE(arrived_up == up);
    EXPECT_TRUE(arrived_down == down);
    auto close_there = [&]() -> Task<> {
      ends.second.reset();
      co_return;
    };
    co_await on(there.executor(), close_there);
  });
}

TEST_P(TransportTest, APeerThatClosedIsTheEnd) {
  run_here([&]() -> Task<> {
    const Executor here = co_await asio::this_coro::executor;
    Ends ends = GetParam()(here, here);
    ends.first.reset();
    EXPECT_TRUE((co_await read_all(*ends.second)).empty());
  });
}

TEST_P(TransportTest, WritingToAPeerThatClosedFails) {
  run_here([&]() -> Task<> {
    const Executor here = co_await asio::this_coro::executor;
    Ends ends = GetParam()(here, here);
    ends.first.reset();
    const Buffer bytes = pattern(5'000'000, 3);
    EXPECT_THROW(co_await write_all(*ends.second, bytes), boost::system::system_error);
  });
}

TEST_P(TransportTest, WhatWasSentBeforeTheShutdownStillArrives) {
  run_here([&]() -> Task<> {
    const Executor here = co_await asio::this_coro::executor;
    Ends ends = GetParam()(here, here);
    const Buffer bytes = pattern(500, 4);
    co_await write_all(*ends.first, bytes);
    co_await ends.first->shutdown();
    EXPECT_TRUE(co_await read_all(*ends.second) == bytes);
    co_await write_all(*ends.second, bytes);  // the other direction is still open
    co_await ends.second->shutdown();
    EXPECT_TRUE(co_await read_all(*ends.first) == bytes);
  });
}

TEST_P(TransportTest, CloseFailsWhatWaitsOnThatEnd) {
  run_here([&]() -> Task<> {
    const Executor here = co_await asio::this_coro::executor;
    Ends ends = GetParam()(here, here);
    bool read_failed = false, write_failed = false;
    const Buffer bytes = pattern(5'000'000, 5);
    auto reading = [&]() -> Task<> {
      try {
        static_cast<void>(co_await read_all(*ends.first));
      } catch (const boost::system::system_error& e) {
        read_failed = e.code() == asio::error::operation_aborted;
      }
    };
    auto writing = [&]() -> Task<> {
      try {
        co_await write_all(*ends.first, bytes);
      } catch (const boost::system::system_error& e) {
        write_failed = e.code() == asio::error::operation_aborted;
      }
    };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(reading());
      scope.spawn(writing());
      for (int i = 0; i < 50; ++i) co_await asio::post(asio::use_awaitable);
      ends.first->close();
      co_await scope.join();
    };
    co_await scoped(body);
    EXPECT_TRUE(read_failed);
    EXPECT_TRUE(write_failed);
  });
}

TEST_P(TransportTest, ACancelledReadLeavesTheTransportUsable) {
  run_here([&]() -> Task<> {
    const Executor here = co_await asio::this_coro::executor;
    Ends ends = GetParam()(here, here);
    auto reading = [&]() -> Task<> { static_cast<void>(co_await read_all(*ends.first)); };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(reading());
      co_await asio::post(asio::use_awaitable);
      co_await scope.close();
    };
    co_await scoped(body);
    const Buffer bytes = pattern(100, 6);
    co_await write_all(*ends.second, bytes);
    co_await ends.second->shutdown();
    EXPECT_TRUE(co_await read_all(*ends.first) == bytes);
  });
}

TEST(UnixTransport, TheKernelSaysWhoThePeerIs) {
  run_here([&]() -> Task<> {
    const Executor here = co_await asio::this_coro::executor;
    const Ends ends = over_unix(here, here);
    const Identity peer = ends.first->peer();
    EXPECT_EQ(peer.uid, ::getuid());
    EXPECT_EQ(peer.pid, ::getpid());
    EXPECT_EQ(peer.text(), "unix, uid " + std::to_string(::getuid()) + ", pid " + std::to_string(::getpid()));
  });
}

}  // namespace
}  // namespace sluice::io
