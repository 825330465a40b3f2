// What others than its client see of a stream, and do to it: figures, limits, cancelling.

#include "link/two_links_test.h"

namespace sluice::link {
namespace {

using remote::StreamPhase;
using remote::StreamWait;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kib = 1024, mib = 1024 * kib;
const Error enough{.code = Code::operation_aborted, .message = "cancelled: enough", .domain = ErrorDomain::streams};

// The call of the stream that the test steers, while it is not over.
struct Steered {
  Incoming* call = nullptr;
  void enter(Incoming& incoming) {
    call = &incoming;
    incoming.describe({.object = "web1", .behind = StreamWait::machine, .total = 7});
    incoming.keep(std::shared_ptr<void>(nullptr, [this](void*) { call = nullptr; }));
  }
  StreamWait waits() const { return call->figures().waits; }
};

Task<> write_pattern(io::Sink& sink, std::size_t size, std::size_t from = 0) {
  for (std::size_t at = 0; at < size; at += 64 * kib) {
    co_await sink.write(piece(std::min(64 * kib, size - at), from + at));
  }
}

class LinkSteering : public testing::TestWithParam<bool> {
 protected:
  Handlers give(std::size_t size, std::uint64_t limit = 0) {
    Handlers handlers;
    handlers.on<Echo>(echo);
    handlers.on<Get>([this, size, limit](Incoming& call) -> Task<Buffer> {
      steered.enter(call);
      call.limit(limit);
      call.accept({});
      co_await write_pattern(call.sink(), size);
      co_return Buffer();
    });
    return handlers;
  }
  Handlers take() {
    Handlers handlers;
    handlers.on<Echo>(echo);
    handlers.on<Put>([this](Incoming& call) -> Task<Buffer> {
      steered.enter(call);
      return swallow(call);
    });
    return handlers;
  }
  // Moves the clock until it is so; says how long that took.
  static Task<Duration> advance_until(Links& links, std::function<bool()> is) {
    const Instant begun = links.clock.now();
    co_await settle();
    while (!is()) {
      links.clock.advance(milliseconds(50));
      co_await settle();
    }
    co_return links.clock.now() - begun;
  }

  Way way{.extended = GetParam()};
  Steered steered;
};
INSTANTIATE_TEST_SUITE_P(WithAndWithoutWindows, LinkSteering, testing::Bool());

TEST_P(LinkSteering, AnUploadIsTakenNoFasterThanItsLimit) {
  Handlers handlers = take();
  with_links(
      handlers,
      [this](Links& links) -> Task<> {
        auto stream = co_await links.open<Put>();
        EXPECT_EQ(steered.call->limit(64 * kib), 64 * kib);
        bool done = false;
        auto send = [&]() -> Task<> {
          co_await write_pattern(stream->out(), 640 * kib);
          static_cast<void>(co_await stream->finish());
          done = true;
        };
        auto body = [&](io::Scope& scope) -> Task<> {
          scope.spawn(send());
          co_await settle();
          EXPECT_EQ(steered.waits(), StreamWait::rate);
          EXPECT_EQ(steered.call->figures().in, 64 * kib);
          EXPECT_EQ(steered.call->figures().limit, 64 * kib);
          EXPECT_GT(steered.call->figures().held, 0u);
          const Duration took = co_await advance_until(links, [&] { return done; });
          EXPECT_GE(took, seconds(9)) << "one piece each second, and what may be made up for";
          EXPECT_LE(took, seconds(11));
          co_await scope.join();
        };
        co_await io::scoped(body);
      },
      way);
}

TEST_P(LinkSteering, ADownloadIsSentNoFasterThanItsLimit) {
  Handlers handlers = give(640 * kib, 64 * kib);
  with_links(
      handlers,
      [this](Links& links) -> Task<> {
        auto stream = co_await links.open<Get>();
        std::optional<std::size_t> read;
        auto receive = [&]() -> Task<> { read = co_await read_pattern(stream->in()); };
        auto body = [&](io::Scope& scope) -> Task<> {
          scope.spawn(receive());
          co_await settle();
          EXPECT_EQ(steered.waits(), StreamWait::rate);
          const Duration took = co_await advance_until(links, [&] { return read.has_value(); });
          EXPECT_GE(took, seconds(9));
          EXPECT_LE(took, seconds(11));
          co_await scope.join();
        };
        co_await io::scoped(body);
        EXPECT_EQ(read, 640 * kib);
        EXPECT_EQ(steered.call->figures().out, 640 * kib);
        EXPECT_EQ(steered.waits(), StreamWait::nothing) << "the client has not finished, and nobody waits for him";
        static_cast<void>(co_await stream->finish());
      },
      way);
}

// The client's own end: what a peer that knows nothing of limits needs.
TEST_P(LinkSteering, AClientSendsNoFasterThanItsLimit) {
  Handlers handlers = take();
  with_links(
      handlers,
      [this](Links& links) -> Task<> {
        auto stream = co_await links.open<Put>();
        EXPECT_EQ(stream->limit(64 * kib), 64 * kib);
        co_await write_pattern(stream->out(), 640 * kib);
        co_await settle();
        EXPECT_LT(steered.call->figures().in, 64 * kib);
        const Duration took = co_await advance_until(links, [this] { return steered.call->figures().in == 640 * kib; });
        EXPECT_GE(took, seconds(9));
        EXPECT_LE(took, seconds(11));
        static_cast<void>(co_await stream->finish());
        EXPECT_EQ(stream->limit(1024), 0u) << "it is over";
      },
      way);
}

TEST_P(LinkSteering, AClientTakesNoFasterThanItsLimit) {
  Handlers handlers = give(640 * kib);
  with_links(
      handlers,
      [](Links& links) -> Task<> {
        auto stream = co_await links.open<Get>();
        EXPECT_EQ(stream->limit(1), limits::rate_min);
        stream->limit(64 * kib);
        std::optional<std::size_t> read;
        auto receive = [&]() -> Task<> { read = co_await read_pattern(stream->in()); };
        auto body = [&](io::Scope& scope) -> Task<> {
          scope.spawn(receive());
          const Duration took = co_await advance_until(links, [&] { return read.has_value(); });
          EXPECT_GE(took, seconds(9));
          EXPECT_LE(took, seconds(11));
          co_await scope.join();
        };
        co_await io::scoped(body);
        EXPECT_EQ(read, 640 * kib);
        static_cast<void>(co_await stream->finish());
      },
      way);
}

TEST_P(LinkSteering, AClientThatWaitsForItsLimitHearsOfTheEndAtOnce) {
  Handlers handlers = give(1 * mib);
  with_links(
      handlers,
      [&](Links& links) -> Task<> {
        auto stream = co_await links.open<Get>();
        stream->limit(1024);
        std::optional<Error> why;
        auto receive = [&]() -> Task<> { why = co_await failure_of(read_pattern(stream->in())); };
        auto body = [&](io::Scope& scope) -> Task<> {
          scope.spawn(receive());
          co_await settle();
          EXPECT_TRUE(steered.call->cancel(enough));
          co_await scope.join();  // no time passes
        };
        co_await io::scoped(body);
        EXPECT_EQ(why->message, "cancelled: enough");
        EXPECT_EQ(co_await links.echo("next"), "next");
      },
      way);
}

TEST_P(LinkSteering, AnotherLimitIsFeltByWhoWaits) {
  Handlers handlers = take();
  with_links(
      handlers,
      [this](Links& links) -> Task<> {
        auto stream = co_await links.open<Put>();
        EXPECT_EQ(steered.call->limit(1), limits::rate_min);
        co_await write_pattern(stream->out(), 256 * kib);
        co_await settle();
        EXPECT_EQ(steered.waits(), StreamWait::rate);
        EXPECT_EQ(steered.call->limit(1 * mib), 1 * mib);  // higher
        static_cast<void>(co_await advance_until(links, [&] { return steered.call->figures().in == 256 * kib; }));
        EXPECT_LE(links.clock.now().time_since_epoch(), seconds(2));
        steered.call->limit(2 * kib);  // lower
        co_await write_pattern(stream->out(), 256 * kib, 256 * kib);
        static_cast<void>(co_await advance_until(links, [&] { return steered.call->figures().in > 256 * kib; }));
        EXPECT_EQ(steered.waits(), StreamWait::rate);
        EXPECT_EQ(steered.call->limit(0), 0u);  // none
        co_await settle();
        EXPECT_EQ(steered.call->figures().in, 512 * kib);
        EXPECT_EQ(steered.waits(), StreamWait::nothing);
        static_cast<void>(co_await stream->finish());
      },
      way);
}

TEST_P(LinkSteering, CancellingAnUploadThatWaitsForItsLimit) {
  Handlers handlers = take();
  with_links(
      handlers,
      [&](Links& links) -> Task<> {
        auto stream = co_await links.open<Put>();
        steered.call->limit(1024);
        co_await write_pattern(stream->out(), 1 * mib);
        co_await settle();
        EXPECT_TRUE(steered.call->cancel(enough));
        EXPECT_EQ(steered.call, nullptr) << "its client is told";
        EXPECT_EQ((co_await failure_of(stream->finish())).message, "cancelled: enough");
        EXPECT_EQ(co_await links.echo("next"), "next");
        EXPECT_EQ(handlers.under_way, 0);
      },
      way);
}

TEST_P(LinkSteering, CancellingADownloadThatWaitsForItsLimit) {
  Handlers handlers = give(1 * mib);
  with_links(
      handlers,
      [&](Links& links) -> Task<> {
        auto stream = co_await links.open<Get>();
        steered.call->limit(1024);
        co_await settle();
        EXPECT_TRUE(steered.call->cancel(enough));
        EXPECT_EQ((co_await failure_of(read_pattern(stream->in()))).message, "cancelled: enough");
        EXPECT_EQ(co_await links.echo("next"), "next");
        EXPECT_EQ(handlers.under_way, 0);
      },
      way);
}

// Into memory and out of it, and no third time: heads are read alone once a stream flows.
TEST_P(LinkSteering, WhatGoesThroughMemoryIsCopiedTwice) {
  Handlers handlers = take();
  handlers.on<Get>([this](Incoming& call) -> Task<Buffer> {
    steered.enter(call);
    call.accept({});
    co_await write_pattern(call.sink(), 1 * mib);
    EXPECT_EQ(call.figures().copied, 2 * mib - call.figures().held);
    co_return Buffer();
  });
  with_links(
      handlers,
      [&](Links& links) -> Task<> {
        auto up = co_await links.open<Put>();
        co_await write_pattern(up->out(), 1 * mib);
        while (steered.call->figures().in < 1 * mib) co_await settle();
        EXPECT_GE(steered.call->figures().copied, 2 * mib);
        EXPECT_LE(steered.call->figures().copied, 2 * mib + 128 * kib) << "the beginning came with what was before it";
        static_cast<void>(co_await up->finish());
        auto down = co_await links.open<Get>();
        EXPECT_EQ(co_await read_pattern(down->in()), 1 * mib);
        static_cast<void>(co_await down->finish());
      },
      way);
}

// The client does not read. With windows its window stays shut; without, it stops reading the connection.
TEST_P(LinkSteering, CancellingADownloadThatNobodyReads) {
  Handlers handlers = give(100 * mib);
  with_links(
      handlers,
      [&](Links& links) -> Task<> {
        auto stream = co_await links.open<Get>();
        const StreamWait expected = way.extended ? StreamWait::window : StreamWait::socket;
        while (steered.waits() != expected || steered.call->figures().held < limits::answer_outbox / 2)
          co_await settle();
        EXPECT_TRUE(steered.call->cancel(enough));
        EXPECT_EQ((co_await failure_of(read_pattern(stream->in()))).message, "cancelled: enough");
        EXPECT_EQ(co_await links.echo("next"), "next");
        EXPECT_EQ(handlers.under_way, 0);
      },
      way);
}

TEST_P(LinkSteering, CancellingBeforeTheHandlerHasAcceptedRefuses) {
  Handlers handlers;
  handlers.on<Echo>(echo);
  handlers.on<Put>([&](Incoming& call) -> Task<Buffer> {
    steered.enter(call);
    io::Signal never;
    co_await never.until([] { return false; });
    co_return Buffer();
  });
  with_links(
      handlers,
      [&](Links& links) -> Task<> {
        std::optional<Error> refused;
        auto open = [&]() -> Task<> { refused = co_await failure_of(links.open<Put>()); };
        auto body = [&](io::Scope& scope) -> Task<> {
          scope.spawn(open());
          co_await settle();
          EXPECT_EQ(steered.call->figures().phase, StreamPhase::opening);
          EXPECT_EQ(steered.waits(), StreamWait::machine);
          EXPECT_TRUE(steered.call->cancel(enough));
          co_await scope.join();
        };
        co_await io::scoped(body);
        EXPECT_EQ(refused->message, "cancelled: enough");
        EXPECT_EQ(co_await links.echo("next"), "next");
      },
      way);
}

TEST_P(LinkSteering, CancellingADownloadOfWhichAllIsSent) {
  Handlers handlers = give(1000);
  with_links(
      handlers,
      [&](Links& links) -> Task<> {
        auto stream = co_await links.open<Get>();
        EXPECT_EQ(co_await read_pattern(stream->in()), 1000u);
        EXPECT_EQ(steered.call->figures().phase, StreamPhase::finishing);
        EXPECT_TRUE(steered.call->cancel(enough));
        EXPECT_EQ((co_await failure_of(stream->finish())).message, "cancelled: enough");
        EXPECT_EQ(handlers.under_way, 0);
      },
      way);
}

// Who has all he needs may be done all the same, and then says so.
TEST_P(LinkSteering, CancellingAnUploadThatIsBeingFinishedLeavesTheLastWordToItsHandler) {
  for (const bool gives_in : {true, false}) {
    Handlers handlers;
    bool may_go = false;
    handlers.on<Put>([&, gives_in](Incoming& call) -> Task<Buffer> {
      steered.enter(call);
      call.accept({});
      const std::size_t total = co_await read_pattern(call.source());
      co_await asio::this_coro::throw_if_cancelled(gives_in);
      while (!may_go) co_await settle(1);
      co_return number(total);
    });
    with_links(
        handlers,
        [&](Links& links) -> Task<> {
          auto stream = co_await links.open<Put>();
          co_await stream->out().write(piece(1000));
          std::optional<Error> failed;
          auto finish = [&]() -> Task<> { failed = co_await failure_of(stream->finish()); };
          auto body = [&](io::Scope& scope) -> Task<> {
            scope.spawn(finish());
            co_await settle();
            EXPECT_EQ(steered.waits(), StreamWait::machine);
            EXPECT_TRUE(steered.call->cancel(enough));
            EXPECT_FALSE(steered.call->cancel(enough)) << "once";
            may_go = !gives_in;
            co_await scope.join();
          };
          co_await io::scoped(body);
          EXPECT_EQ(failed->message, gives_in ? "cancelled: enough" : "it did not fail");
        },
        way);
  }
}

TEST_P(LinkSteering, WhatEndsAlreadyIsNotCancelled) {
  Handlers handlers;
  bool freed = false;
  handlers.on<Get>([&](Incoming& call) -> Task<Buffer> {
    steered.enter(call);
    call.accept({});
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!freed) co_await settle(1);  // as on a disk that does not answer
    co_return Buffer();
  });
  with_links(
      handlers,
      [&](Links& links) -> Task<> {
        auto stream = co_await links.open<Get>();
        stream->abort(enough);
        co_await settle();
        EXPECT_EQ(steered.call->figures().phase, StreamPhase::aborting);
        EXPECT_FALSE(steered.call->cancel(enough));
        freed = true;
        co_await stream->aborted();
        EXPECT_EQ(steered.call, nullptr);
      },
      way);
}

TEST_P(LinkSteering, AClientThatIsNotThereAnyMoreTakesItsStreamsAlong) {
  Handlers handlers = give(100 * mib);
  with_links(
      handlers,
      [this](Links& links) -> Task<> {
        auto stream = co_await links.open<Get>();
        co_await settle();
        EXPECT_NE(steered.call, nullptr);
        links.client.close(enough);
        while (steered.call != nullptr) co_await settle();
      },
      way);
}

TEST_P(LinkSteering, FiguresTellWhatTheHandlerSaid) {
  Handlers handlers = take();
  with_links(
      handlers,
      [this](Links& links) -> Task<> {
        auto stream = co_await links.open<Put>();
        co_await stream->out().write(piece(1000));
        co_await settle();
        const Figures figures = steered.call->figures();
        EXPECT_EQ(figures.about.object, "web1");
        EXPECT_EQ(figures.about.total, 7u);
        EXPECT_EQ(figures.phase, StreamPhase::open);
        EXPECT_EQ(figures.waits, StreamWait::nothing) << "the client sends nothing: that is his affair";
        EXPECT_EQ(figures.in, 1000u);
        EXPECT_EQ(figures.rate, 1000u);
        EXPECT_EQ(figures.held, 0u);
        EXPECT_EQ(figures.limit, 0u);
        EXPECT_EQ(figures.window > 0, way.extended);
        links.clock.advance(milliseconds(1100));
        EXPECT_EQ(steered.call->figures().rate, 0u);
        static_cast<void>(co_await stream->finish());
      },
      way);
}

// A handler that does not read: of a peer without windows its stream holds the brake, and another one waits for that.
TEST(LinkSteeringByBrake, AnotherStreamHoldsTheConnection) {
  Handlers handlers;
  Steered slow, other;
  bool may_read = false;
  handlers.on<Put>([&](Incoming& call) -> Task<Buffer> {
    if (slow.call != nullptr) {
      other.enter(call);
      co_return co_await swallow(call);
    }
    slow.enter(call);
    call.accept({});
    while (!may_read) co_await settle(1);
    co_return number(co_await read_pattern(call.source()));
  });
  with_links(handlers,
             [&](Links& links) -> Task<> {
               auto first = co_await links.open<Put>();
               auto second = co_await links.open<Put>();
               auto flood = [&]() -> Task<> {
                 co_await write_pattern(first->out(), 20 * mib);
                 static_cast<void>(co_await first->finish());
               };
               auto body = [&](io::Scope& scope) -> Task<> {
                 scope.spawn(flood());
                 while (other.waits() != StreamWait::budget) co_await settle();
                 EXPECT_EQ(slow.waits(), StreamWait::machine);
                 EXPECT_GT(slow.call->figures().held, limits::brake_high);
                 may_read = true;
                 co_await scope.join();
               };
               co_await io::scoped(body);
               static_cast<void>(co_await second->finish());
             },
             {.extended = false});
}

}  // namespace
}  // namespace sluice::link
