#include "link/two_links_test.h"

namespace sluice::link {
namespace {

TEST(LinkCalls, AreAnswered) {
  Handlers handlers;
  handlers.on<Echo>(echo);
  with_links(handlers, [](Links& links) -> Task<> {
    const std::string text = co_await links.echo("hello");
    EXPECT_EQ(text, "hello");
  });
}

TEST(LinkCalls, ThatCameBeforeTheLinkRanAreAnswered) {
  Handlers handlers;
  handlers.on<Echo>(echo);
  io::FakeClock clock;
  auto all = [&]() -> Task<> {
    const io::Executor executor = co_await asio::this_coro::executor;
    auto [a, b] = io::memory_transports(executor, executor);
    const session::Options options{.programs = programs};
    Links links{.clock = clock,
                .client = Link(executor, std::move(a), session::Session(session::Side::client, options), clock),
                .daemon = Link(executor, std::move(b), session::Session(session::Side::daemon, options), clock)};
    std::string said;
    auto ask = [&]() -> Task<> { said = co_await links.echo("early"); };
    auto inside = [&](io::Scope& scope) -> Task<> {
      scope.spawn(run_link(links.client, nullptr, links.client_ended));
      scope.spawn(ask());
      co_await settle();
      scope.spawn(run_link(links.daemon, &handlers, links.daemon_ended));
      co_await settle();
      EXPECT_EQ(said, "early");
      links.client.close({.code = Code::ok, .message = "the test is over"});
      co_await scope.join();
    };
    co_await io::scoped(inside);
  };
  io::run_here(all);
}

TEST(LinkCalls, OfOneClientRunTogetherAndEndInAnyOrder) {
  Handlers handlers;
  std::vector<std::string> order;
  io::Signal* second = nullptr;
  bool second_over = false;
  handlers.on<Echo>([&](Incoming& call) -> Task<Buffer> {
    const auto ask = io::or_throw(xdr::decode<Echo>(call.args()));
    if (ask.text == "first") {
      io::Signal waits;
      second = &waits;
      co_await waits.until([&] { return second_over; });
    }
    order.push_back(ask.text);
    if (ask.text == "second") {
      second_over = true;
      second->notify();
    }
    co_return co_await echo(call);
  });
  with_links(handlers, [&](Links& links) -> Task<> {
    auto ask = [&links](std::string text) -> Task<> { EXPECT_EQ(co_await links.echo(text), text); };
    auto both = [&](io::Scope& scope) -> Task<> {
      scope.spawn(ask("first"));
      scope.spawn(ask("second"));
      co_await scope.join();
    };
    co_await io::scoped(both);
  });
  EXPECT_EQ(order, (std::vector<std::string>{"second", "first"}));
}

TEST(LinkCalls, HundredsAtOnceAllFindTheirOwnReply) {
  Handlers handlers;
  handlers.on<Echo>(echo);
  with_links(handlers, [](Links& links) -> Task<> {
    int right = 0;
    auto ask = [&](int i) -> Task<> {
      const std::string text = std::string(static_cast<std::size_t>(i) * 37, 'x') + std::to_string(i);
      if (co_await links.echo(text) == text) ++right;
    };
    auto all = [&](io::Scope& scope) -> Task<> {
      for (int i = 0; i < 300; ++i) scope.spawn(ask(i));
      co_await scope.join();
    };
    co_await io::scoped(all);
    EXPECT_EQ(right, 300);
  });
}

TEST(LinkCalls, CarryTheHandlersErrorAsItIs) {
  Handlers handlers;
  handlers.on<Echo>([](Incoming&) -> Task<Buffer> {
    io::fail(Code::no_domain, "there is no machine called 'web1'", ErrorDomain::domain);
    co_return Buffer();
  });
  with_links(handlers, [](Links& links) -> Task<> {
    const Error error = co_await failure_of(links.echo("x"));
    EXPECT_EQ(error.code, Code::no_domain);
    EXPECT_EQ(error.domain, ErrorDomain::domain);
    EXPECT_EQ(error.message, "there is no machine called 'web1'");
    EXPECT_EQ(error.origin, Origin::remote);
  });
}

TEST(LinkCalls, ThatWaitAreToldWhenTheConnectionEnds) {
  Handlers handlers;
  handlers.on<Echo>([](Incoming&) -> Task<Buffer> {
    io::Signal never;
    co_await never.until([] { return false; });
    co_return Buffer();
  });
  with_links(handlers, [](Links& links) -> Task<> {
    std::optional<Error> heard;
    auto ask = [&]() -> Task<> { heard = co_await failure_of(links.echo("x")); };
    auto inside = [&](io::Scope& scope) -> Task<> {
      scope.spawn(ask());
      co_await settle();
      links.daemon.close({.code = Code::ok, .message = "gone"});
      co_await scope.join();
    };
    co_await io::scoped(inside);
    EXPECT_TRUE(heard.has_value());
    EXPECT_EQ(heard->message, "the peer closed the connection");
    const Error after = co_await failure_of(links.echo("y"));
    EXPECT_EQ(after.message, "the peer closed the connection");
  });
}

TEST(LinkCalls, MayBeGivenUpWithoutHarmToTheConnection) {
  Handlers handlers;
  bool slow = true;
  io::Signal* wake = nullptr;
  handlers.on<Echo>([&](Incoming& call) -> Task<Buffer> {
    const auto ask = io::or_throw(xdr::decode<Echo>(call.args()));
    if (ask.text == "slow") {
      io::Signal waits;
      wake = &waits;
      co_await waits.until([&] { return !slow; });
    }
    co_return co_await echo(call);
  });
  with_links(handlers, [&](Links& links) -> Task<> {
    auto ask = [&]() -> Task<> { static_cast<void>(co_await links.echo("slow")); };
    auto given_up = [&](io::Scope& scope) -> Task<> {
      scope.spawn(ask());
      co_await settle();
    };
    co_await io::scoped(given_up);
    slow = false;
    wake->notify();
    EXPECT_EQ(co_await links.echo("next"), "next");
  });
}

TEST(LinkGoodbye, EndsTheConnectionWhenTheLastReplyWasSent) {
  Handlers handlers;
  handlers.on<Echo>([&](Incoming& call) -> Task<Buffer> {
    handlers.goodbye = true;
    return echo(call);
  });
  with_links(handlers, [](Links& links) -> Task<> {
    EXPECT_EQ(co_await links.echo("bye"), "bye");
    co_await settle();
    EXPECT_TRUE(links.daemon_ended.has_value());
    EXPECT_EQ(links.daemon_ended->code, Code::ok);
    EXPECT_TRUE(links.client.over());
  });
}

TEST(LinkEvents, ReachTheClient) {
  Handlers handlers;
  with_links(handlers, [](Links& links) -> Task<> {
    std::vector<std::int32_t> told;
    links.client.on_event([&](const session::Notified& event) { told.push_back(event.procedure); });
    links.daemon.notify(Play::number, Echo::proc, number(7));
    co_await settle();
    EXPECT_EQ(told, std::vector<std::int32_t>{1});
  });
}

TEST(LinkKeepalive, GivesUpAPeerThatIsSilent) {
  Handlers handlers;
  Way way;
  // A daemon whose writes never arrive.
  struct Mute final : io::Transport {
    std::unique_ptr<io::Transport> inner;
    bool mute = false;
    Task<std::size_t> read_some(std::span<const MutableBytes> into) override { return inner->read_some(into); }
    Task<std::size_t> write_some(std::span<const Bytes> from) override {
      if (!mute) co_return co_await inner->write_some(from);
      std::size_t all = 0;
      for (const Bytes bytes : from) all += bytes.size();
      co_return all;
    }
    Task<> shutdown() override { return inner->shutdown(); }
    void close() noexcept override { inner->close(); }
    io::Identity peer() const override { return inner->peer(); }
  };
  Mute* mute = nullptr;
  way.daemon_carrier = [&](const io::Executor&, std::unique_ptr<io::Transport> inner) {
    auto made = std::make_unique<Mute>();
    made->inner = std::move(inner);
    mute = made.get();
    return made;
  };
  with_links(
      handlers,
      [&](Links& links) -> Task<> {
        mute->mute = true;
        for (int i = 0; i < 200 && !links.client.over(); ++i) {
          links.clock.advance(std::chrono::seconds(1));
          co_await settle();
        }
        EXPECT_TRUE(links.client.over());
      },
      way);
}

}  // namespace
}  // namespace sluice::link
