#include "io/pipe.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <random>

#include "io/loop.h"
#include "io/scope.h"

namespace sluice::io {
namespace {

Piece piece_of(std::string_view text) { return {.bytes = Chunk::copy_of(as_bytes(text))}; }
std::string text_of(const Piece& piece) { return std::string(as_text(piece.bytes.bytes())); }

// Runs `body(pipe, scope)` with a pipe of `limit` that counts returned credit.
template <class Body>
void with_pipe(std::size_t limit, Body body) {
  run_here([&]() -> Task<> {
    std::size_t taken = 0;
    Pipe pipe(limit, [&taken](std::size_t cost) { taken += cost; });
    auto inside = [&](Scope& scope) -> Task<> { co_await body(pipe, scope, taken); };
    co_await scoped(inside);
  });
}

TEST(Pipe, GivesPiecesInOrderAndThenTheCleanEnd) {
  with_pipe(1000, [](Pipe& pipe, Scope&, std::size_t&) -> Task<> {
    pipe.push(piece_of("one"));
    pipe.push({.bytes = {}, .hole = 4096});
    pipe.end();
    EXPECT_EQ(text_of(co_await pipe.read()), "one");
    EXPECT_EQ((co_await pipe.read()).hole, 4096U);
    EXPECT_TRUE((co_await pipe.read()).is_end());
    EXPECT_TRUE((co_await pipe.read()).is_end());
  });
}

TEST(Pipe, WriteWaitsUntilThereIsRoomForThePiece) {
  with_pipe(100, [](Pipe& pipe, Scope& scope, std::size_t&) -> Task<> {
    bool second_accepted = false;
    auto writer = [&]() -> Task<> {
      co_await pipe.write(piece_of(std::string(60, 'a')));
      co_await pipe.write(piece_of(std::string(60, 'b')));
      second_accepted = true;
      pipe.end();
    };
    scope.spawn(writer());
    EXPECT_EQ((co_await pipe.read()).length(), 60U);  // runs the writer as far as it goes
    EXPECT_FALSE(second_accepted);
    EXPECT_EQ((co_await pipe.read()).length(), 60U);
    EXPECT_TRUE((co_await pipe.read()).is_end());
    EXPECT_TRUE(second_accepted);
  });
}

TEST(Pipe, AnEmptyPipeAcceptsAPieceLargerThanItsLimit) {
  with_pipe(10, [](Pipe& pipe, Scope&, std::size_t&) -> Task<> {
    co_await pipe.write(piece_of(std::string(5000, 'x')));
    EXPECT_EQ((co_await pipe.read()).length(), 5000U);
  });
}

TEST(Pipe, FinishCompletesWhenTheReaderConfirmed) {
  with_pipe(1000, [](Pipe& pipe, Scope& scope, std::size_t&) -> Task<> {
    bool confirmed = false;
    auto reader = [&]() -> Task<> {
      while (!(co_await pipe.read()).is_end()) {
      }
      confirmed = true;
      pipe.confirm();
    };
    scope.spawn(reader());
    co_await pipe.write(piece_of("x"));
    co_await pipe.finish();
    EXPECT_TRUE(confirmed);
  });
}

TEST(Pipe, StopFailsTheWriterWithTheReadersReason) {
  with_pipe(10, [](Pipe& pipe, Scope& scope, std::size_t&) -> Task<> {
    std::string heard;
    auto writer = [&]() -> Task<> {
      try {
        for (;;) co_await pipe.write(piece_of("xxxxxxxx"));
      } catch (const Failure& failure) {
        heard = failure.error.message;
      }
    };
    scope.spawn(writer());
    static_cast<void>(co_await pipe.read());
    pipe.stop(Error{.message = "disk full"});
    co_await scope.join();
    EXPECT_EQ(heard, "disk full");
  });
}

TEST(Pipe, AbortFailsTheReaderAndDropsWhatWaits) {
  with_pipe(1000, [](Pipe& pipe, Scope&, std::size_t& taken) -> Task<> {
    pipe.push(piece_of("abc"));
    pipe.abort(Error{.message = "gone"});
    EXPECT_THROW(co_await pipe.read(), Failure);
    EXPECT_EQ(pipe.held(), 0U);
    EXPECT_EQ(taken, 31U);  // what was dropped is credit again
  });
}

TEST(Pipe, TheFirstReasonWins) {
  with_pipe(1000, [](Pipe& pipe, Scope&, std::size_t&) -> Task<> {
    pipe.abort(Error{.message = "first"});
    pipe.stop(Error{.message = "second"});
    try {
      static_cast<void>(co_await pipe.read());
      ADD_FAILURE() << "read from a failed pipe";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error.message, "first");
    }
  });
}

TEST(Pipe, NothingFailsAfterConfirm) {
  with_pipe(1000, [](Pipe& pipe, Scope&, std::size_t&) -> Task<> {
    pipe.end();
    pipe.confirm();
    pipe.abort(Error{.message = "too late"});
    EXPECT_FALSE(pipe.failed());
    co_await pipe.finish();
  });
}

TEST(Pipe, ACancelledReaderLeavesThePipeUsable) {
  with_pipe(1000, [](Pipe& pipe, Scope& scope, std::size_t&) -> Task<> {
    auto read_one = [&pipe]() -> Task<> { static_cast<void>(co_await pipe.read()); };
    scope.spawn(read_one());
    co_await asio::post(asio::use_awaitable);  // the reader waits now
    scope.cancel();
    EXPECT_THROW(co_await scope.join(), boost::system::system_error);
    pipe.push(piece_of("later"));
    EXPECT_EQ(text_of(co_await pipe.read()), "later");
  });
}

// One run: a writer and a reader that do whatever the seed says, until both are over. Whatever happens, what was read
// is a beginning of what was written, credit adds up, and both ends agree on how it ended.
void interleave(unsigned seed) {
  struct Seen {
    std::string written, read;
    bool clean_end = false, finished = false, reader_failed = false, writer_failed = false;
    std::size_t credit = 0, cost = 0;
  } seen;
  run_here([&]() -> Task<> {
    std::mt19937 dice(seed);
    const auto roll = [&dice](unsigned sides) { return std::uniform_int_distribution<unsigned>(0, sides - 1)(dice); };
    Pipe pipe(30 + roll(200), [&](std::size_t cost) { seen.credit += cost; });
    auto pause = [&]() -> Task<> {
      for (unsigned i = roll(4); i > 0; --i) co_await asio::post(asio::use_awaitable);
    };
    auto writer = [&]() -> Task<> {
      try {
        for (unsigned i = 0, count = roll(12); i < count; ++i) {
          co_await pause();
          if (roll(40) == 0) pipe.abort(Error{.message = "abort"});
          const std::string text(1 + roll(90), static_cast<char>('a' + i));
          Piece piece = piece_of(text);
          const std::size_t cost = piece.cost();
          co_await pipe.write(std::move(piece));
          seen.written += text;
          seen.cost += cost;
        }
        co_await pause();
        co_await pipe.finish();
        seen.finished = true;
      } catch (...) {
        seen.writer_failed = true;
        pipe.abort(reason(std::current_exception()));
      }
    };
    auto reader = [&]() -> Task<> {
      try {
        for (;;) {
          co_await pause();
          if (roll(40) == 0) pipe.stop(Error{.message = "stop"});
          const Piece piece = co_await pipe.read();
          if (piece.is_end()) break;
          seen.read += text_of(piece);
        }
        co_await pause();
        pipe.confirm();
        seen.clean_end = true;
      } catch (...) {
        seen.reader_failed = true;
        pipe.stop(reason(std::current_exception()));
      }
    };
    auto both = [&](Scope& scope) -> Task<> {
      scope.spawn(writer());
      scope.spawn(reader());
      if (roll(5) == 0) {
        co_await pause();
        co_await pause();
        scope.cancel();
      }
      co_await scope.join();
    };
    co_await scoped(both);
    EXPECT_EQ(pipe.held(), 0U);
  });
  EXPECT_TRUE(seen.written.starts_with(seen.read)) << "seed " << seed;
  EXPECT_EQ(seen.credit, seen.cost) << "seed " << seed;
  EXPECT_NE(seen.finished, seen.writer_failed) << "seed " << seed;
  EXPECT_NE(seen.clean_end, seen.reader_failed) << "seed " << seed;
  if (seen.finished) {
    EXPECT_TRUE(seen.clean_end && seen.read == seen.written) << "seed " << seed;
  }
}

TEST(Pipe, TwoThousandInterleavingsKeepEveryPromise) {
  for (unsigned seed = 0; seed < 2000 && !testing::Test::HasFailure(); ++seed) interleave(seed);
}

}  // namespace
}  // namespace sluice::io
