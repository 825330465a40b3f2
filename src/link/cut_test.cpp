// Links over transports that split, stop or vanish at any byte: nothing waits for ever, and nothing is left behind.

#include "link/two_links_test.h"

namespace sluice::link {
namespace {

// Moves at most `most` bytes at once, and ends for good after `budget` bytes of either direction.
class Crippled final : public io::Transport {
 public:
  Crippled(std::unique_ptr<io::Transport> inner, std::size_t most, std::size_t budget)
      : inner_(std::move(inner)), most_(most), budget_(budget) {}

  Task<std::size_t> read_some(std::span<const MutableBytes> into) override {
    if (budget_ == 0) co_return 0;
    std::vector<MutableBytes> few;
    std::size_t room = std::min(most_, budget_);
    for (const MutableBytes bytes : into) {
      few.push_back(bytes.first(std::min(room, bytes.size())));
      room -= few.back().size();
      if (room == 0) break;
    }
    const std::size_t count = co_await inner_->read_some(few);
    budget_ -= std::min(budget_, count);
    co_return count;
  }
  Task<std::size_t> write_some(std::span<const Bytes> from) override {
    if (budget_ == 0) throw boost::system::system_error(asio::error::broken_pipe);
    const Bytes first = from.front().first(std::min({most_, budget_, from.front().size()}));
    const std::size_t count = co_await inner_->write_some(std::span(&first, 1));
    budget_ -= std::min(budget_, count);
    co_return count;
  }
  Task<> shutdown() override { return inner_->shutdown(); }
  void close() noexcept override { inner_->close(); }
  io::Identity peer() const override { return inner_->peer(); }

 private:
  std::unique_ptr<io::Transport> inner_;
  std::size_t most_, budget_;
};

auto crippled(std::size_t most, std::size_t budget = SIZE_MAX) {
  return [=](const io::Executor&, std::unique_ptr<io::Transport> inner) {
    return std::make_unique<Crippled>(std::move(inner), most, budget);
  };
}

Task<Buffer> give(Incoming& call) {
  call.accept({});
  for (std::size_t done = 0; done < 40000; done += 10000) co_await call.sink().write(piece(10000, done));
  co_await call.sink().finish();
  co_return Buffer();
}

Task<> everything(Links& links) {
  EXPECT_EQ(co_await links.echo("through the keyhole"), "through the keyhole");
  auto up = co_await links.open<Put>();
  for (std::size_t done = 0; done < 40000; done += 10000) co_await up->out().write(piece(10000, done));
  static_cast<void>(co_await up->finish());
  auto down = co_await links.open<Get>();
  EXPECT_EQ(co_await read_pattern(down->in()), 40000u);
  static_cast<void>(co_await down->finish());
}

Handlers all_handlers() {
  Handlers handlers;
  handlers.on<Echo>(echo);
  handlers.on<Put>(swallow);
  handlers.on<Get>(give);
  return handlers;
}

TEST(LinkSplit, AnyCutOfTheBytesMeansTheSame) {
  for (const std::size_t most : {1u, 2u, 3u, 27u, 28u, 29u, 4096u, 16385u}) {
    for (const bool extended : {true, false}) {
      Handlers handlers = all_handlers();
      with_links(handlers, everything,
                 {.extended = extended, .client_carrier = crippled(most), .daemon_carrier = crippled(most + 1)});
    }
  }
}

TEST(LinkCut, AClientThatVanishesAnywhereLeavesNothingBehind) {
  for (std::size_t budget = 0; budget < 85000; budget = budget < 400 ? budget + 1 : budget + 997) {
    Handlers handlers = all_handlers();
    std::exception_ptr seen;
    try {
      with_links(handlers, [](Links& links) -> Task<> { static_cast<void>(co_await failure_of(everything(links))); },
                 {.extended = budget % 2 == 0, .daemon_carrier = crippled(70000, budget)});
    } catch (...) {
      seen = std::current_exception();  // hello may fail
    }
    EXPECT_EQ(handlers.under_way, 0) << "after " << budget << " bytes";
  }
}

TEST(LinkCut, ADaemonThatVanishesAnywhereIsTold) {
  for (std::size_t budget = 0; budget < 70000; budget = budget < 400 ? budget + 1 : budget + 997) {
    Handlers handlers = all_handlers();
    Error error;
    try {
      with_links(handlers, [&](Links& links) -> Task<> { error = co_await failure_of(everything(links)); },
                 {.extended = false, .client_carrier = crippled(70000, budget)});
    } catch (const io::Failure& failure) {
      error = failure.error;
    }
    EXPECT_NE(error.code, Code::ok) << "after " << budget << " bytes";
  }
}

// A peer that speaks bytes of the test's own.
template <class Body>
Error with_raw_client(Handlers& handlers, Body body) {
  io::FakeClock clock;
  std::optional<Error> ended;
  auto all = [&]() -> Task<> {
    const io::Executor executor = co_await asio::this_coro::executor;
    auto [a, b] = io::memory_transports(executor, executor);
    Link daemon(executor, std::move(b), session::Session(session::Side::daemon, {.programs = programs}), clock);
    auto inside = [&](io::Scope& scope) -> Task<> {
      scope.spawn(run_link(daemon, &handlers, ended));
      co_await body(*a);
      co_await scope.join();
    };
    co_await io::scoped(inside);
  };
  io::run_here(all);
  EXPECT_EQ(handlers.under_way, 0);
  return ended.value_or(Error{.code = Code::ok, .message = "the link did not end"});
}

TEST(LinkGarbage, EndsTheConnection) {
  Handlers handlers;
  const Error error = with_raw_client(handlers, [](io::Transport& peer) -> Task<> {
    const std::string text = "GET / HTTP/1.1\r\nHost: somebody\r\n\r\n";
    const Bytes bytes = as_bytes(text);
    static_cast<void>(co_await peer.write_some(std::span(&bytes, 1)));
    Buffer room(100);
    const MutableBytes into(room);
    EXPECT_EQ(co_await peer.read_some(std::span(&into, 1)), 0u);
  });
  EXPECT_NE(error.message, "the peer closed the connection");
}

TEST(LinkGarbage, HalfAFrameAndSilenceWaitAndEndWithTheConnection) {
  Handlers handlers;
  const Error error = with_raw_client(handlers, [](io::Transport& peer) -> Task<> {
    const Buffer half{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{60}, std::byte{1}};
    const Bytes bytes(half);
    static_cast<void>(co_await peer.write_some(std::span(&bytes, 1)));
    co_await settle();
    peer.close();
  });
  EXPECT_EQ(error.message, "the peer closed the connection");
}

}  // namespace
}  // namespace sluice::link
