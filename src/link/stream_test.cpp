#include "link/two_links_test.h"

namespace sluice::link {
namespace {

constexpr std::size_t mib = 1024 * 1024;

Task<> write_pattern(io::Sink& sink, std::size_t total, std::size_t each) {
  for (std::size_t done = 0; done < total;) {
    const std::size_t now = std::min(each, total - done);
    co_await sink.write(piece(now, done));
    done += now;
  }
  co_await sink.finish();
}

class LinkStream : public testing::TestWithParam<bool> {  // between Sluice ends, or not
 protected:
  Way way{.extended = GetParam()};
};
INSTANTIATE_TEST_SUITE_P(WithAndWithoutWindows, LinkStream, testing::Bool());

TEST_P(LinkStream, UploadArrivesWholeAndIsConfirmed) {
  Handlers handlers;
  handlers.on<Put>(swallow);
  with_links(
      handlers,
      [](Links& links) -> Task<> {
        for (const std::size_t each : {7u, 65536u, 262144u, 3000000u}) {
          const std::size_t total = each == 7 ? 70000 : 9 * mib + 17;
          auto stream = co_await links.open<Put>();
          co_await write_pattern(stream->out(), total, each);
          const Buffer result = co_await stream->finish();
          if (links.client.extended()) {
            EXPECT_EQ(number(result), total);
          } else {
            EXPECT_TRUE(result.empty());
          }
        }
      },
      way);
}

TEST_P(LinkStream, DownloadArrivesWhole) {
  Handlers handlers;
  handlers.on<Get>([](Incoming& call) -> Task<Buffer> {
    call.accept({});
    co_await write_pattern(call.sink(), 9 * mib + 5, 262144);
    co_return Buffer();
  });
  with_links(
      handlers,
      [](Links& links) -> Task<> {
        auto stream = co_await links.open<Get>();
        EXPECT_EQ(co_await read_pattern(stream->in()), 9 * mib + 5);
        static_cast<void>(co_await stream->finish());
      },
      way);
}

TEST(UnreadLinkStream, NothingIsWantedOfADownloadBeforeItIsRead) {
  Handlers handlers;
  bool wanted = false;
  handlers.on<Echo>(echo);
  handlers.on<Get>([&](Incoming& call) -> Task<Buffer> {
    call.accept({});
    co_await call.sink().wanted();
    wanted = true;
    co_await write_pattern(call.sink(), 70'000, 7'000);
    co_return Buffer();
  });
  with_links(handlers, [&](Links& links) -> Task<> {
    auto stream = co_await links.open<Get>({.reads_later = true});
    co_await settle();
    EXPECT_FALSE(wanted);
    EXPECT_EQ(co_await links.echo("beside it"), "beside it");
    EXPECT_EQ(co_await read_pattern(stream->in()), 70'000u);
    static_cast<void>(co_await stream->finish());
  });
}

TEST(UnreadLinkStream, WhoWaitsToBeWantedHearsThatTheReaderFinished) {
  Handlers handlers;
  Error heard;
  handlers.on<Get>([&](Incoming& call) -> Task<Buffer> {
    call.accept({});
    heard = co_await failure_of(call.sink().wanted());
    co_return Buffer();
  });
  with_links(handlers, [&](Links& links) -> Task<> {
    auto stream = co_await links.open<Get>({.reads_later = true});
    static_cast<void>(co_await stream->finish());
    EXPECT_EQ(heard.message, "the reader finished");
  });
}

TEST_P(LinkStream, ReadingMayBeginBeforeItIsOpen) {
  Handlers handlers;
  handlers.on<Get>([](Incoming& call) -> Task<Buffer> {
    call.accept({});
    co_await write_pattern(call.sink(), 70'000, 7'000);
    co_return Buffer();
  });
  with_links(
      handlers,
      [](Links& links) -> Task<> {
        const auto stream = links.client.begin(Play::number, Get::proc, {}, {.reads_later = true});
        int told = 0;
        stream->when_changed([&told] { ++told; });
        EXPECT_FALSE(stream->settled());
        EXPECT_EQ(co_await read_pattern(stream->in()), 70'000u);
        EXPECT_TRUE(stream->settled());
        EXPECT_EQ(told, 1);
        co_await stream->opened();
        static_cast<void>(co_await stream->finish());
      },
      way);
}

TEST_P(LinkStream, EmptyStreamsAreStreams) {
  Handlers handlers;
  handlers.on<Put>(swallow);
  handlers.on<Get>([](Incoming& call) -> Task<Buffer> {
    call.accept({});
    co_return Buffer();
  });
  with_links(
      handlers,
      [](Links& links) -> Task<> {
        auto up = co_await links.open<Put>();
        static_cast<void>(co_await up->finish());
        auto down = co_await links.open<Get>();
        EXPECT_EQ(co_await read_pattern(down->in()), 0u);
        static_cast<void>(co_await down->finish());
      },
      way);
}

TEST_P(LinkStream, DownloadWhoseHandlerOnlyReturnsIsFinished) {
  Handlers handlers;
  handlers.on<Get>([](Incoming& call) -> Task<Buffer> {
    call.accept({});
    co_await call.sink().write(piece(1000));
    co_return Buffer();
  });
  with_links(
      handlers,
      [](Links& links) -> Task<> {
        auto stream = co_await links.open<Get>();
        EXPECT_EQ(co_await read_pattern(stream->in()), 1000u);
        static_cast<void>(co_await stream->finish());
      },
      way);
}

TEST_P(LinkStream, UploadWhoseHandlerReturnsEarlyFails) {
  Handlers handlers;
  handlers.on<Put>([](Incoming& call) -> Task<Buffer> {
    call.accept({});
    static_cast<void>(co_await call.source().read());
    co_return Buffer();
  });
  with_links(
      handlers,
      [](Links& links) -> Task<> {
        auto stream = co_await links.open<Put>();
        const Error error = co_await failure_of(write_pattern(stream->out(), 20 * mib, 65536));
        EXPECT_EQ(error.code, Code::operation_failed) << error.message;
        EXPECT_EQ((co_await failure_of(stream->finish())).code, Code::operation_failed);
      },
      way);
}

TEST_P(LinkStream, RefusedOneIsAnErrorReply) {
  Handlers handlers;
  handlers.on<Put>([](Incoming&) -> Task<Buffer> {
    io::fail(Code::no_domain, "no such thing");
    co_return Buffer();
  });
  with_links(
      handlers,
      [](Links& links) -> Task<> {
        const Error error = co_await failure_of(links.open<Put>());
        EXPECT_EQ(error.message, "no such thing");
      },
      way);
}

TEST_P(LinkStream, ReaderThatFinishesADownloadEarlyIsNoError) {
  Handlers handlers;
  std::optional<Error> heard;
  handlers.on<Get>([&](Incoming& call) -> Task<Buffer> {
    call.accept({});
    heard = co_await failure_of(write_pattern(call.sink(), 50 * mib, 65536));
    throw io::Failure(*heard);
  });
  with_links(
      handlers,
      [](Links& links) -> Task<> {
        auto stream = co_await links.open<Get>();
        static_cast<void>(co_await stream->in().read());
        static_cast<void>(co_await stream->finish());
      },
      way);
  ASSERT_TRUE(heard.has_value());
  EXPECT_EQ(heard->message, "the reader finished");
}

TEST_P(LinkStream, ConsoleTalksBothWaysAtOnce) {
  Handlers handlers;
  handlers.on<Talk>([](Incoming& call) -> Task<Buffer> {
    call.accept({});
    for (io::Piece key = co_await call.source().read(); !key.is_end(); key = co_await call.source().read()) {
      co_await call.sink().write(std::move(key));
    }
    co_return Buffer();
  });
  with_links(
      handlers,
      [](Links& links) -> Task<> {
        auto stream = co_await links.open<Talk>();
        for (int i = 0; i < 100; ++i) {
          const std::string key(1, static_cast<char>('a' + i % 26));
          co_await stream->out().write({.bytes = Chunk::copy_of(as_bytes(key))});
          const io::Piece echoed = co_await stream->in().read();
          EXPECT_EQ(as_text(echoed.bytes.bytes()), key);
        }
        static_cast<void>(co_await stream->finish());
      },
      way);
}

TEST_P(LinkStream, ConsoleEndsWhenTheGuestDoes) {
  Handlers handlers;
  handlers.on<Talk>([](Incoming& call) -> Task<Buffer> {
    call.accept({});
    static_cast<void>(co_await call.source().read());
    co_return Buffer();
  });
  with_links(
      handlers,
      [](Links& links) -> Task<> {
        auto stream = co_await links.open<Talk>();
        co_await stream->out().write(piece(10));
        EXPECT_TRUE((co_await stream->in().read()).is_end());
        static_cast<void>(co_await stream->finish());
      },
      way);
}

// What was written and not sent is the window, the outbox and what the transport holds; not what there is to send.
TEST(LinkBackPressure, WriterWaitsForAConsumerThatDoesNot) {
  Handlers handlers;
  bool go_on = false;
  io::Signal* consumer = nullptr;
  handlers.on<Put>([&](Incoming& call) -> Task<Buffer> {
    call.accept({});
    io::Signal waits;
    consumer = &waits;
    co_await waits.until([&] { return go_on; });
    const std::size_t total = co_await read_pattern(call.source());
    co_return number(total);
  });
  handlers.on<Echo>(echo);
  with_links(handlers, [&](Links& links) -> Task<> {
    auto stream = co_await links.open<Put>();
    std::size_t written = 0;
    auto write = [&]() -> Task<> {
      for (; written < 100 * mib; written += 65536) co_await stream->out().write(piece(65536, written));
      static_cast<void>(co_await stream->finish());
    };
    auto inside = [&](io::Scope& scope) -> Task<> {
      scope.spawn(write());
      co_await settle(2000);
      EXPECT_LE(written, limits::window + limits::outbox + 2 * mib);
      EXPECT_EQ(co_await links.echo("still here"), "still here");  // the other traffic does not notice
      go_on = true;
      consumer->notify();
      co_await scope.join();
    };
    co_await io::scoped(inside);
    EXPECT_EQ(written, 100 * mib);
  });
}

TEST(LinkBackPressure, APeerWithoutWindowsIsBrakedAndReleased) {
  Handlers handlers;
  bool go_on = false;
  io::Signal* consumer = nullptr;
  handlers.on<Put>([&](Incoming& call) -> Task<Buffer> {
    call.accept({});
    io::Signal waits;
    consumer = &waits;
    co_await waits.until([&] { return go_on; });
    const std::size_t total = co_await read_pattern(call.source());
    co_return number(total);
  });
  with_links(handlers,
             [&](Links& links) -> Task<> {
               auto stream = co_await links.open<Put>();
               std::size_t written = 0;
               auto write = [&]() -> Task<> {
                 for (; written < 100 * mib; written += 65536) co_await stream->out().write(piece(65536, written));
                 static_cast<void>(co_await stream->finish());
               };
               auto inside = [&](io::Scope& scope) -> Task<> {
                 scope.spawn(write());
                 co_await settle(5000);
                 EXPECT_GT(written, limits::brake_high);
                 EXPECT_LE(written, limits::brake_high + limits::outbox + 2 * mib);
                 go_on = true;
                 consumer->notify();
                 co_await scope.join();
               };
               co_await io::scoped(inside);
             },
             {.extended = false});
}

TEST(LinkBackPressure, SmallWritesShareFrames) {
  Handlers handlers;
  handlers.on<Put>(swallow);
  with_links(handlers, [](Links& links) -> Task<> {
    auto stream = co_await links.open<Put>();
    const std::uint64_t before = links.client.counters().frames_out;
    co_await write_pattern(stream->out(), 50000, 5);
    EXPECT_EQ(number(co_await stream->finish()), 50000u);
    EXPECT_LT(links.client.counters().frames_out - before, 1000u);
  });
}

TEST(LinkReplyLast, CarriesTheResultInTheOnlyReply) {
  Handlers handlers;
  handlers.on<Put>(swallow);
  with_links(handlers, [](Links& links) -> Task<> {
    auto stream = co_await links.open<Put>({.reply_last = true});
    co_await write_pattern(stream->out(), 9 * mib, 100000);
    EXPECT_EQ(number(co_await stream->finish()), 9 * mib);
  });
}

TEST(LinkReplyLast, AnEarlyErrorStopsTheSender) {
  Handlers handlers;
  handlers.on<Put>([](Incoming& call) -> Task<Buffer> {
    call.accept({});
    static_cast<void>(co_await call.source().read());
    io::fail(Code::operation_failed, "disk full");
    co_return Buffer();
  });
  handlers.on<Echo>(echo);
  with_links(handlers, [](Links& links) -> Task<> {
    auto stream = co_await links.open<Put>({.reply_last = true});
    const Error error = co_await failure_of(write_pattern(stream->out(), 1000 * mib, 65536));
    EXPECT_EQ(error.message, "disk full");
    EXPECT_EQ(co_await links.echo("x"), "x");
  });
}

}  // namespace
}  // namespace sluice::link
