#include "io/tcp_socket.h"

#include <gtest/gtest.h>

#include "io/failure.h"
#include "io/loop.h"
#include "io/scope.h"

namespace sluice::io {
namespace {

template <class Do>
std::string complaint(Do what) {
  try {
    what();
  } catch (const Failure& failure) {
    return failure.error.message;
  }
  return "none";
}

std::string parsed(const std::string& text) {
  return complaint([&] {
    const TcpAddress where = TcpAddress::parse(text, 7);
    fail(Code::ok, where.address + " " + std::to_string(where.port));
  });
}

TEST(TcpAddress, IsANumberAndPerhapsAPort) {
  EXPECT_EQ(parsed("127.0.0.1"), "127.0.0.1 7");
  EXPECT_EQ(parsed("127.0.0.1:0"), "127.0.0.1 0");
  EXPECT_EQ(parsed("::1"), "::1 7");
  EXPECT_EQ(parsed("[::1]"), "::1 7");
  EXPECT_EQ(parsed("[::1]:65535"), "::1 65535");
}

TEST(TcpAddress, SaysWhatIsWrong) {
  EXPECT_EQ(parsed("localhost"), "'localhost' is no address to listen on: 'localhost' is no number of a host");
  EXPECT_EQ(parsed(""), "'' is no address to listen on: '' is no number of a host");
  EXPECT_EQ(parsed("127.0.0.1:"), "'127.0.0.1:' is no address to listen on: its port is missing");
  EXPECT_EQ(parsed("127.0.0.1:65536"), "'127.0.0.1:65536' is no address to listen on: '65536' is no port");
  EXPECT_EQ(parsed("127.0.0.1:5x"), "'127.0.0.1:5x' is no address to listen on: '5x' is no port");
  EXPECT_EQ(parsed("[::1"), "'[::1' is no address to listen on: its '[' is not closed");
  EXPECT_EQ(parsed("[::1]5"), "'[::1]5' is no address to listen on: only a port may follow its ']'");
  EXPECT_EQ(parsed("[::1]:"), "'[::1]:' is no address to listen on: its port is missing");
}

TEST(Tcp, ConnectsOnThisMachineAndSaysWhoCame) {
  run_here([]() -> Task<> {
    const Executor here = co_await asio::this_coro::executor;
    TcpListener listener(here, {.address = "127.0.0.1", .port = 0});
    EXPECT_EQ(listener.text(), "127.0.0.1:" + std::to_string(listener.port()));
    const auto client = co_await connect_tcp("localhost", listener.port());
    const auto server = co_await listener.accept(here);
    EXPECT_EQ(client->peer().text(), "tcp, " + listener.text());
    EXPECT_TRUE(server->peer().text().starts_with("tcp, 127.0.0.1:"));
  });
}

TEST(Tcp, SomeAddressesNeedAPort) {
  EXPECT_EQ(TcpAddress::parse("[::1]:9", std::nullopt).port, 9);
  for (const std::string address : {"127.0.0.1", "::1", "[::1]"}) {
    EXPECT_EQ(complaint([&] { TcpAddress::parse(address, std::nullopt); }),
              "'" + address + "' is no address to listen on: its port is missing");
  }
}

TEST(Tcp, RefusesAddressesThatOthersCanReach) {
  const std::string why =
      ": plain TCP is neither authenticated nor encrypted, so only addresses of this machine are allowed, and '";
  EXPECT_EQ(complaint([] { run_here([]() -> Task<> { co_await connect_tcp("192.0.2.1", 9); }); }),
            "cannot connect to '192.0.2.1' port 9" + why + "192.0.2.1' is none");
  for (const std::string address : {"0.0.0.0", "192.0.2.1"}) {
    EXPECT_EQ(complaint([&] {
                asio::io_context context;
                const TcpListener listener(context.get_executor(), {.address = address, .port = 9});
              }),
              "cannot listen on '" + address + ":9'" + why + address + "' is none");
  }
}

TEST(Tcp, SaysThatNobodyListensAndThatSomebodyDoes) {
  asio::io_context context;
  std::uint16_t port = 0;
  {
    const TcpListener listener(context.get_executor(), {.address = "::1", .port = 0});
    port = listener.port();
    EXPECT_EQ(complaint([&] { const TcpListener other(context.get_executor(), {.address = "::1", .port = port}); }),
              "cannot listen on '[::1]:" + std::to_string(port) + "': Address already in use");
  }
  EXPECT_EQ(complaint([&] { run_here([&]() -> Task<> { co_await connect_tcp("::1", port); }); }),
            "cannot connect to '::1' port " + std::to_string(port) + ": Connection refused");
}

}  // namespace
}  // namespace sluice::io
