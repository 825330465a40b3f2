// Links and their bytes through TLS: the same as without, and nothing that was cut or refused looks like an end.

#include "link/filtered.h"

#include "link/two_links_test.h"
#include "secure/two_ends_test.h"

namespace sluice::link {
namespace {

using secure::Side;
using secure::Tls;
using secure::World;

struct Certified {
  World world;
  secure::Shared daemon = world.daemon(), client = world.client();
};

std::unique_ptr<FilteredTransport> filtered(std::unique_ptr<io::Transport> network, secure::Shared credentials,
                                            std::string host = "") {
  auto tls = std::make_unique<Tls>(std::move(credentials), Tls::Options{.now = secure::now, .host = std::move(host)});
  return std::make_unique<FilteredTransport>(std::move(network), std::move(tls));
}

constexpr std::chrono::seconds patience{10};

Task<> open_both(FilteredTransport& one, FilteredTransport& other) {
  io::FakeClock clock;
  auto both = [&](io::Scope& scope) -> Task<> {
    scope.spawn(one.open(clock, patience));
    scope.spawn(other.open(clock, patience));
    co_await scope.join();
  };
  co_await io::scoped(both);
}

// Two ends that are not open yet, and what lies below them.
struct Ends {
  io::Transport* client_network;
  io::Transport* daemon_network;
  std::unique_ptr<FilteredTransport> client, daemon;
  io::FakeClock clock = {};
};

template <class Body>
void with_ends(const Certified& certified, std::size_t capacity, Body body) {
  auto all = [&]() -> Task<> {
    const io::Executor executor = co_await asio::this_coro::executor;
    auto [a, b] = io::memory_transports(executor, executor, capacity);
    Ends ends{.client_network = a.get(), .daemon_network = b.get(), .client = {}, .daemon = {}};
    ends.client = filtered(std::move(a), certified.client, secure::host);
    ends.daemon = filtered(std::move(b), certified.daemon);
    co_await body(ends);
  };
  io::run_here(all);
}

Task<> write(io::Transport& to, std::size_t size) {
  const Chunk bytes = pattern(size);
  for (Bytes left = bytes.bytes(); !left.empty();) {
    const std::array from{left};
    left = left.subspan(co_await to.write_some(from));
  }
}

// Until so much came; into two buffers at once, as a link reads.
Task<> read(io::Transport& from, std::size_t size) {
  std::size_t total = 0;
  while (total < size) {
    std::array<std::byte, 700> first;
    std::array<std::byte, 33> second;
    const std::size_t wanted = size - total;
    const std::array into{MutableBytes(first).first(std::min(first.size(), wanted)), MutableBytes(second).first(0)};
    const std::size_t count = co_await from.read_some(into);
    if (count == 0) {
      ADD_FAILURE() << "an end after " << total;
      co_return;
    }
    const Chunk expected = pattern(count, total);
    EXPECT_EQ(std::memcmp(first.data(), expected.data(), count), 0) << "behind " << total;
    total += count;
  }
}

Task<std::size_t> read_once(io::Transport& from) {
  std::array<std::byte, 100> bytes;
  const std::array into{MutableBytes(bytes)};
  co_return co_await from.read_some(into);
}

// --- links
// -------------------------------------------------------------------------------------------------------------

Task<Buffer> give(Incoming& call) {
  call.accept({});
  for (std::size_t done = 0; done < 3'000'000; done += 100'000) co_await call.sink().write(piece(100'000, done));
  co_await call.sink().finish();
  co_return Buffer();
}

class FilteredLinkTest : public testing::TestWithParam<std::pair<bool, std::size_t>> {};
INSTANTIATE_TEST_SUITE_P(Memory, FilteredLinkTest,
                         testing::Values(std::pair(false, std::size_t{512}),
                                         std::pair(false, std::size_t{256 * 1024})));
INSTANTIATE_TEST_SUITE_P(Sockets, FilteredLinkTest, testing::Values(std::pair(true, std::size_t{0})));

TEST_P(FilteredLinkTest, CallsAndStreamsGoThroughTls) {
  const Certified certified;
  Handlers handlers;
  handlers.on<Echo>(echo);
  handlers.on<Put>(swallow);
  handlers.on<Get>(give);
  FilteredTransport *client = nullptr, *daemon = nullptr;
  Way way{.capacity = GetParam().second, .sockets = GetParam().first};
  way.client_carrier = [&](const io::Executor&, std::unique_ptr<io::Transport> network) {
    auto made = filtered(std::move(network), certified.client, secure::host);
    client = made.get();
    return made;
  };
  way.daemon_carrier = [&](const io::Executor&, std::unique_ptr<io::Transport> network) {
    auto made = filtered(std::move(network), certified.daemon);
    daemon = made.get();
    return made;
  };
  way.ready = [&] { return open_both(*client, *daemon); };
  auto body = [](Links& links) -> Task<> {
    EXPECT_EQ(co_await links.echo("through the wall"), "through the wall");
    auto up = co_await links.open<Put>();
    auto down = co_await links.open<Get>();
    auto both = [&](io::Scope& scope) -> Task<> {
      auto sending = [&]() -> Task<> {
        for (std::size_t done = 0; done < 3'000'000; done += 100'000) co_await up->out().write(piece(100'000, done));
        EXPECT_EQ(number(co_await up->finish()), 3'000'000u);
      };
      auto receiving = [&]() -> Task<> {
        EXPECT_EQ(co_await read_pattern(down->in()), 3'000'000u);
        static_cast<void>(co_await down->finish());
      };
      scope.spawn(sending());
      scope.spawn(receiving());
      co_await scope.join();
    };
    co_await io::scoped(both);
    EXPECT_EQ(co_await links.echo("still there"), "still there");
  };
  with_links(handlers, body, way);
}

// --- bytes
// -------------------------------------------------------------------------------------------------------------

TEST(FilteredTest, EachSideLearnsWhoTheOtherIs) {
  const Certified certified;
  with_ends(certified, 4096, [](Ends& ends) -> Task<> {
    EXPECT_EQ(ends.daemon->peer().name, "");
    co_await open_both(*ends.client, *ends.daemon);
    EXPECT_EQ(ends.daemon->peer().name, "C=GB,O=Probe,CN=client1");
    EXPECT_EQ(ends.client->peer().name, "O=Probe,CN=node1");
    EXPECT_EQ(ends.daemon->peer().security.substr(0, 9), "TLSv1.3, ");
    EXPECT_EQ(ends.daemon->peer().transport, "memory");
  });
}

TEST(FilteredTest, BothMayWriteAtOnceThroughANarrowWay) {
  const Certified certified;
  with_ends(certified, 64, [](Ends& ends) -> Task<> {
    co_await open_both(*ends.client, *ends.daemon);
    auto all = [&](io::Scope& scope) -> Task<> {
      scope.spawn(write(*ends.client, 200'000));
      scope.spawn(write(*ends.daemon, 200'000));
      scope.spawn(read(*ends.client, 200'000));
      scope.spawn(read(*ends.daemon, 200'000));
      co_await scope.join();
    };
    co_await io::scoped(all);
  });
}

TEST(FilteredTest, AnAnnouncedEndIsAnEndAndTheOtherWayStaysOpen) {
  const Certified certified;
  with_ends(certified, 4096, [](Ends& ends) -> Task<> {
    co_await open_both(*ends.client, *ends.daemon);
    co_await write(*ends.client, 50);
    co_await ends.client->shutdown();
    co_await read(*ends.daemon, 50);
    EXPECT_EQ(co_await read_once(*ends.daemon), 0u);
    co_await write(*ends.daemon, 50);
    co_await read(*ends.client, 50);
  });
}

TEST(FilteredTest, ACutIsAFailureAndWhatCameBeforeItIsGiven) {
  const Certified certified;
  with_ends(certified, 4096, [](Ends& ends) -> Task<> {
    co_await open_both(*ends.client, *ends.daemon);
    co_await write(*ends.client, 50);
    co_await ends.client_network->shutdown();
    co_await read(*ends.daemon, 50);
    const Error why = co_await failure_of(read_once(*ends.daemon));
    EXPECT_EQ(why.message,
              "the connection to the client was cut: its end was not announced, so something may be missing");
    EXPECT_EQ((co_await failure_of(write(*ends.daemon, 1))).message, why.message);
  });
}

TEST(FilteredTest, DamageIsAFailureOfBothSides) {
  const Certified certified;
  with_ends(certified, 4096, [](Ends& ends) -> Task<> {
    co_await open_both(*ends.client, *ends.daemon);
    const std::array<std::byte, 30> noise{std::byte{23}, std::byte{3}, std::byte{3}, std::byte{0}, std::byte{25}};
    const std::array from{Bytes(noise)};
    static_cast<void>(co_await ends.client_network->write_some(from));
    const Error why = co_await failure_of(read_once(*ends.daemon));
    EXPECT_EQ(why.code, Code::rpc);
    EXPECT_EQ((co_await failure_of(read_once(*ends.client))).code, Code::rpc) << "the alert has come";
  });
}

TEST(FilteredTest, WhoIsNotLetInHearsWhyAndSoDoesTheDaemon) {
  Certified certified;
  secure::ClientFiles files = certified.world.client_files();
  files.certificate.reset();
  certified.client = secure::Credentials::client(files, secure::now).value();
  with_ends(certified, 4096, [](Ends& ends) -> Task<> {
    Error at_client, at_daemon;
    auto both = [&](io::Scope& scope) -> Task<> {
      auto client = [&]() -> Task<> { at_client = co_await failure_of(ends.client->open(ends.clock, patience)); };
      auto daemon = [&]() -> Task<> { at_daemon = co_await failure_of(ends.daemon->open(ends.clock, patience)); };
      scope.spawn(client());
      scope.spawn(daemon());
      co_await scope.join();
    };
    co_await io::scoped(both);
    EXPECT_NE(at_client.message.find("certificate"), std::string::npos) << at_client.message;
    EXPECT_NE(at_daemon.message.find("certificate"), std::string::npos) << at_daemon.message;
  });
}

TEST(FilteredTest, APeerThatLeavesInTheHandshakeIsAFailure) {
  const Certified certified;
  with_ends(certified, 4096, [](Ends& ends) -> Task<> {
    ends.client_network->close();
    EXPECT_EQ((co_await failure_of(ends.daemon->open(ends.clock, patience))).message,
              "the client went away in the middle of the handshake");
  });
}

TEST(FilteredTest, WhoStandsStillInTheHandshakeIsGivenUp) {
  const Certified certified;
  with_ends(certified, 4096, [](Ends& ends) -> Task<> {
    Error why;
    auto waiting = [&](io::Scope& scope) -> Task<> {
      auto daemon = [&]() -> Task<> { why = co_await failure_of(ends.daemon->open(ends.clock, patience)); };
      scope.spawn(daemon());
      co_await settle();
      ends.clock.advance(patience);
      co_await scope.join();
    };
    co_await io::scoped(waiting);
    EXPECT_EQ(why.code, Code::operation_timeout);
    EXPECT_EQ(why.message, "the handshake was not complete after 10 s");
  });
}

// A peer of bare OpenSSL, which asks for new keys again and again: the answers wait for the next bytes, and who asks
// for more of them than may wait is answered before anything else of his is read.
TEST(FilteredTest, NewKeysAreAnsweredWithTheNextBytesAndNeverWithoutBound) {
  const Certified certified;
  with_ends(certified, std::size_t{1} << 20, [&](Ends& ends) -> Task<> {
    secure::Bare bare(Side::client);
    bare.show(certified.world.user);
    std::string came;
    auto carry = [&]() -> Task<> {
      const Buffer there = bare.sent();
      if (!there.empty()) {
        const std::array from{Bytes(there)};
        EXPECT_EQ(co_await ends.client_network->write_some(from), there.size());
      }
      co_await settle();
    };
    auto take = [&]() -> Task<> {
      Buffer back(std::size_t{1} << 20);
      const std::array into{MutableBytes(back)};
      const std::size_t count = co_await ends.client_network->read_some(into);
      BIO_write(SSL_get_rbio(bare.ssl()), back.data(), static_cast<int>(count));
      std::array<char, 100> text;
      while (true) {
        const int read = SSL_read(bare.ssl(), text.data(), static_cast<int>(text.size()));
        if (read <= 0) break;
        came.append(text.data(), static_cast<std::size_t>(read));
      }
    };
    auto handshake = [&](io::Scope& scope) -> Task<> {
      scope.spawn(ends.daemon->open(ends.clock, patience));
      SSL_do_handshake(bare.ssl());
      co_await carry();
      co_await take();
      co_await carry();
      co_await scope.join();
    };
    co_await io::scoped(handshake);
    co_await take();
    EXPECT_EQ(came, "\x01");  // the welcome

    auto reading = [&](io::Scope& scope) -> Task<> {
      auto read_one = [&]() -> Task<> { EXPECT_EQ(co_await read_once(*ends.daemon), 5u); };
      scope.spawn(read_one());
      for (int i = 0; i < 20; ++i) {
        SSL_key_update(bare.ssl(), SSL_KEY_UPDATE_REQUESTED);
        SSL_do_handshake(bare.ssl());
      }
      SSL_write(bare.ssl(), "hello", 5);
      co_await carry();
      co_await scope.join();
    };
    co_await io::scoped(reading);
    came.clear();
    co_await write(*ends.daemon, 3);
    co_await take();
    EXPECT_EQ(came.size(), 3u);
  });
}

}  // namespace
}  // namespace sluice::link
