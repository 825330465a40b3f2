// Aborts from either side, at each place of a transfer; afterwards the connection must be as good as new.

#include "link/two_links_test.h"

namespace sluice::link {
namespace {

constexpr int pieces = 24;
constexpr std::size_t each = 300 * 1000;
const Error why{.code = Code::operation_aborted, .message = "enough", .domain = ErrorDomain::streams};

class LinkAbort : public testing::TestWithParam<bool> {
 protected:
  Way way{.extended = GetParam()};

  static Task<> expect_good_as_new(Links& links) {
    EXPECT_EQ(co_await links.echo("next"), "next");
    auto stream = co_await links.open<Put>();
    co_await stream->out().write(piece(1000));
    static_cast<void>(co_await stream->finish());
  }
};
INSTANTIATE_TEST_SUITE_P(WithAndWithoutWindows, LinkAbort, testing::Bool());

TEST_P(LinkAbort, OfAnUploadByTheClient) {
  Handlers handlers;
  int stopped = 0;
  handlers.on<Echo>(echo);
  handlers.on<Put>([&](Incoming& call) -> Task<Buffer> {
    call.accept({});
    std::exception_ptr failed;
    std::size_t total = 0;
    try {
      total = co_await read_pattern(call.source());
    } catch (...) {
      failed = std::current_exception();
    }
    if (failed) ++stopped;
    if (failed) std::rethrow_exception(failed);
    co_return number(total);
  });
  with_links(
      handlers,
      [&](Links& links) -> Task<> {
        for (int at = 0; at < pieces; ++at) {
          auto stream = co_await links.open<Put>();
          for (int i = 0; i < at; ++i) co_await stream->out().write(piece(each, static_cast<std::size_t>(i) * each));
          if (at % 3 == 1) co_await settle(at);
          stream->abort(why);
          co_await stream->aborted();
          EXPECT_EQ((co_await failure_of(stream->finish())).message, "enough");
          EXPECT_EQ(handlers.under_way, 0) << "an abort is confirmed when the handler is over";
          co_await expect_good_as_new(links);
        }
      },
      way);
  EXPECT_EQ(stopped, pieces);
}

// A driver whose machine died aborts its sink and then takes its time: what was announced before may still be chosen.
TEST_P(LinkAbort, OfADownloadByItsHandlerThatGoesOnAfterwards) {
  Handlers handlers;
  handlers.on<Echo>(echo);
  handlers.on<Put>(swallow);
  bool aborted = false;
  handlers.on<Get>([&](Incoming& call) -> Task<Buffer> {
    call.accept({});
    auto fill = [&call]() -> Task<> {
      for (std::size_t done = 0;; done += each) co_await call.sink().write(piece(each, done));
    };
    co_await io::scoped([&](io::Scope& scope) -> Task<> {
      scope.spawn(fill());
      co_await settle(50);  // the outbox is full now
    });
    call.sink().abort(why);
    aborted = true;
    co_await settle(50);
    throw io::Failure(why);
  });
  with_links(
      handlers,
      [&](Links& links) -> Task<> {
        auto stream = co_await links.open<Get>();
        while (!aborted) co_await settle(1);
        EXPECT_EQ((co_await failure_of(read_pattern(stream->in()))).message, "enough");
        stream.reset();
        co_await expect_good_as_new(links);
      },
      way);
}

TEST_P(LinkAbort, OfADownloadByTheClient) {
  Handlers handlers;
  handlers.on<Echo>(echo);
  handlers.on<Put>(swallow);
  handlers.on<Get>([](Incoming& call) -> Task<Buffer> {
    call.accept({});
    for (std::size_t done = 0;; done += each) co_await call.sink().write(piece(each, done));
  });
  with_links(
      handlers,
      [&](Links& links) -> Task<> {
        for (int at = 0; at < pieces; ++at) {
          auto stream = co_await links.open<Get>();
          for (int i = 0; i < at; ++i) static_cast<void>(co_await stream->in().read());
          if (at % 3 == 1) co_await settle(at);
          stream->in().stop(why);
          co_await stream->aborted();
          EXPECT_EQ((co_await failure_of(stream->in().read())).message, "enough");
          EXPECT_EQ(handlers.under_way, 0);
          co_await expect_good_as_new(links);
        }
      },
      way);
}

TEST_P(LinkAbort, OfAnUploadByTheDaemon) {
  Handlers handlers;
  int fail_at = 0;
  bool failing = true;
  handlers.on<Echo>(echo);
  handlers.on<Put>([&](Incoming& call) -> Task<Buffer> {
    if (!failing) co_return co_await swallow(call);
    call.accept({});
    for (int i = 0; i < fail_at; ++i) static_cast<void>(co_await call.source().read());
    io::fail(Code::system_error, "disk full");
  });
  with_links(
      handlers,
      [&](Links& links) -> Task<> {
        for (fail_at = 0; fail_at < pieces; ++fail_at) {
          failing = true;
          auto stream = co_await links.open<Put>();
          auto write = [&stream]() -> Task<> {
            for (std::size_t done = 0;; done += each) co_await stream->out().write(piece(each, done));
          };
          EXPECT_EQ((co_await failure_of(write())).message, "disk full");
          EXPECT_EQ((co_await failure_of(stream->finish())).message, "disk full");
          failing = false;
          co_await expect_good_as_new(links);
        }
      },
      way);
}

TEST_P(LinkAbort, OfADownloadByTheDaemon) {
  Handlers handlers;
  int fail_at = 0;
  handlers.on<Echo>(echo);
  handlers.on<Put>(swallow);
  handlers.on<Get>([&](Incoming& call) -> Task<Buffer> {
    call.accept({});
    for (int i = 0; i < fail_at; ++i) co_await call.sink().write(piece(each, static_cast<std::size_t>(i) * each));
    io::fail(Code::system_error, "cannot read");
    co_return Buffer();
  });
  with_links(
      handlers,
      [&](Links& links) -> Task<> {
        for (fail_at = 0; fail_at < pieces; ++fail_at) {
          auto stream = co_await links.open<Get>();
          EXPECT_EQ((co_await failure_of(read_pattern(stream->in()))).message, "cannot read");
          co_await expect_good_as_new(links);
        }
      },
      way);
}

TEST_P(LinkAbort, ByDroppingTheStream) {
  Handlers handlers;
  handlers.on<Echo>(echo);
  handlers.on<Put>(swallow);
  handlers.on<Get>([](Incoming& call) -> Task<Buffer> {
    call.accept({});
    for (std::size_t done = 0;; done += each) co_await call.sink().write(piece(each, done));
  });
  with_links(
      handlers,
      [&](Links& links) -> Task<> {
        for (int i = 0; i < 5; ++i) {
          auto up = co_await links.open<Put>();
          co_await up->out().write(piece(each));
          auto down = co_await links.open<Get>();
          up.reset();
          down.reset();
          co_await expect_good_as_new(links);
        }
      },
      way);
}

TEST_P(LinkAbort, BeforeTheReply) {
  Handlers handlers;
  handlers.on<Echo>(echo);
  handlers.on<Put>(swallow);
  handlers.on<Get>([](Incoming& call) -> Task<Buffer> {
    co_await settle(20);
    call.accept({});
    for (std::size_t done = 0;; done += each) co_await call.sink().write(piece(each, done));
  });
  with_links(
      handlers,
      [&](Links& links) -> Task<> {
        for (int wait = 0; wait < 40; ++wait) {
          auto open = [&]() -> Task<> {
            auto stream = co_await links.open<Get>();
            io::Signal never;
            co_await never.until([] { return false; });
          };
          auto given_up = [&](io::Scope& scope) -> Task<> {
            scope.spawn(open());
            co_await settle(wait);
          };
          co_await io::scoped(given_up);
          co_await expect_good_as_new(links);
        }
      },
      way);
}

// The abort is confirmed after a while even if the handler does not stop; its task stays the link's until it does.
TEST_P(LinkAbort, OfAHandlerThatDoesNotStopIsConfirmedNevertheless) {
  Handlers handlers;
  bool stuck = true;
  io::Signal* disk = nullptr;
  handlers.on<Echo>(echo);
  handlers.on<Put>([&](Incoming& call) -> Task<Buffer> {
    if (!stuck) co_return co_await swallow(call);
    call.accept({});
    auto work = [&]() -> Task<> { co_await read_pattern(call.source()); };
    auto undo = [&]() -> Task<> {
      io::Signal waits;
      disk = &waits;
      co_await waits.until([&] { return !stuck; });
    };
    co_await io::finally(work, undo);
    co_return Buffer();
  });
  with_links(
      handlers,
      [&](Links& links) -> Task<> {
        auto stream = co_await links.open<Put>();
        co_await stream->out().write(piece(each));
        co_await settle();
        stream->abort(why);
        bool confirmed = false;
        auto wait = [&]() -> Task<> {
          co_await stream->aborted();
          confirmed = true;
        };
        auto inside = [&](io::Scope& scope) -> Task<> {
          scope.spawn(wait());
          co_await settle();
          EXPECT_FALSE(confirmed);
          for (int i = 0; i < 30 && !confirmed; ++i) {
            links.clock.advance(std::chrono::milliseconds(100));
            co_await settle();
          }
          EXPECT_TRUE(confirmed);
          EXPECT_EQ(handlers.under_way, 1);
          stuck = false;
          disk->notify();
          co_await settle();
          EXPECT_EQ(handlers.under_way, 0);
        };
        co_await io::scoped(inside);
        co_await expect_good_as_new(links);
      },
      way);
}

TEST(LinkAbortReplyLast, OfAnUploadByTheClient) {
  Handlers handlers;
  handlers.on<Echo>(echo);
  handlers.on<Put>(swallow);
  with_links(handlers, [&](Links& links) -> Task<> {
    for (int at = 0; at < pieces; ++at) {
      auto stream = co_await links.open<Put>({.reply_last = true});
      for (int i = 0; i < at; ++i) co_await stream->out().write(piece(each, static_cast<std::size_t>(i) * each));
      stream->out().abort(why);
      co_await stream->aborted();
      EXPECT_EQ((co_await failure_of(stream->finish())).message, "enough");
      EXPECT_EQ(co_await links.echo("next"), "next");
    }
  });
}

}  // namespace
}  // namespace sluice::link
