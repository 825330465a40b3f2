#include "io/descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <csignal>
#include <random>

#include "io/failure.h"
#include "io/loop.h"
#include "io/scope.h"

namespace sluice::io {
namespace {

Buffer pattern(std::size_t size) {
  std::minstd_rand random(7);
  Buffer bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random() >> 8);
  return bytes;
}

Task<Buffer> read_all(Source& from) {
  Buffer all;
  for (Piece piece = co_await from.read(); !piece.is_end(); piece = co_await from.read()) {
    all.insert(all.end(), piece.bytes.data(), piece.bytes.data() + piece.bytes.size());
  }
  co_return all;
}

Task<> write_and_finish(Sink& to, Bytes bytes) {
  co_await to.write(Piece{.bytes = Chunk::copy_of(bytes)});
  co_await to.finish();
}

// As main does it for every program.
struct PipesFailQuietly {
  PipesFailQuietly() : before(std::signal(SIGPIPE, SIG_IGN)) {}
  ~PipesFailQuietly() { std::signal(SIGPIPE, before); }
  void (*before)(int);
};

bool is_blocking(int fd) { return (::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0; }

TEST(Descriptor, EverythingWrittenToAPipeIsReadAndThenTheEnd) {
  const Buffer sent = pattern(3'000'000);
  run_here([&]() -> Task<> {
    const Executor here = co_await asio::this_coro::executor;
    FdPair pipe = make_pipe();
    FdSource from(here, std::move(pipe.first));
    FdSink to(here, std::move(pipe.second));
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(write_and_finish(to, sent));
      EXPECT_TRUE(co_await read_all(from) == sent);
      co_await scope.join();
    };
    co_await scoped(body);
  });
}

// From a pipe through two ends that splice into another pipe, and what never came through memory.
TEST(Descriptor, BytesOfPipesStayInTheKernel) {
  const Buffer sent = pattern(3'000'000);
  FdPair in = make_pipe(), out = make_pipe();
  std::size_t spliced = 0;
  run_here([&]() -> Task<> {
    const Executor here = co_await asio::this_coro::executor;
    FdSink writer(here, std::move(in.second));
    FdSource from(here, std::move(in.first)), reader(here, std::move(out.first));
    FdSink to(here, std::move(out.second));
    EXPECT_TRUE(to.takes_spliced());
    from.may_splice();
    auto pass_on = [&]() -> Task<> {
      for (Piece piece = co_await from.read(); !piece.is_end(); piece = co_await from.read()) {
        spliced += piece.spliced ? piece.spliced->size() : 0;
        co_await to.write(std::move(piece));
      }
      co_await to.finish();
    };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(write_and_finish(writer, sent));
      scope.spawn(pass_on());
      EXPECT_TRUE(co_await read_all(reader) == sent);
      co_await scope.join();
    };
    co_await scoped(body);
  });
  EXPECT_EQ(spliced, sent.size());
}

TEST(Descriptor, SplicedBytesFailLikeOthersWhenTheReaderWent) {
  const PipesFailQuietly quietly;
  FdPair pipe = make_pipe();
  const FdPair source = make_pipe();
  ASSERT_EQ(::write(source.second.get(), "water", 5), 5);
  auto spliced = std::make_shared<Spliced>();
  ASSERT_EQ(spliced->fill(source.first.get(), 5).count, 5u);
  pipe.first.reset();
  run_here([&]() -> Task<> {
    FdSink to(co_await asio::this_coro::executor, std::move(pipe.second), {.name = "the pipe"});
    std::string why;
    try {
      co_await to.write({.bytes = {}, .spliced = std::move(spliced)});
    } catch (const Failure& failure) {
      why = failure.error.message;
    }
    EXPECT_EQ(why, "cannot write to the pipe: Broken pipe");
  });
}

TEST(Descriptor, ASourceThatIsStoppedWhileItWaitsForThePipeSaysWhy) {
  FdPair pipe = make_pipe();
  run_here([&]() -> Task<> {
    FdSource from(co_await asio::this_coro::executor, std::move(pipe.first));
    from.may_splice();
    std::string why;
    auto reading = [&]() -> Task<> {
      try {
        co_await from.read();
      } catch (const Failure& failure) {
        why = failure.error.message;
      }
    };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(reading());
      for (int i = 0; i < 20; ++i) co_await asio::post(asio::use_awaitable);
      from.stop(Error{.code = Code::operation_aborted, .message = "enough"});
      co_await scope.join();
    };
    co_await scoped(body);
    EXPECT_EQ(why, "enough");
  });
}

TEST(Descriptor, ATerminalDoesNotSplice) {
  int ours = -1, theirs = -1;
  ASSERT_EQ(::openpty(&ours, &theirs, nullptr, nullptr, nullptr), 0);
  const Fd kept(ours);
  run_here([&]() -> Task<> {
    const FdSink to(co_await asio::this_coro::executor, Fd(theirs));
    EXPECT_FALSE(to.takes_spliced());
  });
}

TEST(Descriptor, AHoleIsWrittenAsZeros) {
  run_here([&]() -> Task<> {
    const Executor here = co_await asio::this_coro::executor;
    FdPair pair = make_socket_pair();
    FdSource from(here, std::move(pair.first));
    FdSink to(here, std::move(pair.second));
    auto writing = [&]() -> Task<> {
      co_await to.write(Piece{.bytes = {}, .hole = 300'000});
      co_await to.finish();
    };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(writing());
      EXPECT_TRUE(co_await read_all(from) == Buffer(300'000));
      co_await scope.join();
    };
    co_await scoped(body);
  });
}

TEST(Descriptor, AClosedTerminalIsACleanEnd) {
  run_here([&]() -> Task<> {
    int master = -1, slave = -1;
    EXPECT_EQ(::openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
    Fd guest(slave);
    FdSource screen(co_await asio::this_coro::executor, Fd(master));
    EXPECT_EQ(::write(guest.get(), "login", 5), 5);
    const Piece piece = co_await screen.read();
    EXPECT_EQ(as_text(piece.bytes.bytes()), "login");
    guest.reset();
    EXPECT_TRUE((co_await screen.read()).is_end());
  });
}

TEST(Descriptor, AReaderThatWentIsAFailureThatNamesTheSink) {
  const PipesFailQuietly quiet;
  run_here([&]() -> Task<> {
    FdPair pipe = make_pipe();
    FdSink to(co_await asio::this_coro::executor, std::move(pipe.second), {.name = "standard output"});
    pipe.first.reset();
    try {
      co_await write_and_finish(to, pattern(10));
      ADD_FAILURE() << "wrote to nobody";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error.message, "cannot write to standard output: Broken pipe");
      EXPECT_EQ(failure.error.os_error, EPIPE);
    }
  });
}

TEST(Descriptor, AStoppedSourceFailsWithTheReason) {
  const PipesFailQuietly quiet;
  run_here([&]() -> Task<> {
    FdPair pipe = make_pipe();
    FdSource from(co_await asio::this_coro::executor, std::move(pipe.first));
    std::string heard;
    auto reading = [&]() -> Task<> {
      try {
        static_cast<void>(co_await from.read());
      } catch (const Failure& failure) {
        heard = failure.error.message;
      }
    };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(reading());
      co_await asio::post(asio::use_awaitable);
      from.stop(Error{.message = "enough"});
      co_await scope.join();
    };
    co_await scoped(body);
    EXPECT_EQ(heard, "enough");
    EXPECT_EQ(::write(pipe.second.get(), "x", 1), -1);  // the other side hears it too
  });
}

TEST(Descriptor, ACancelledReadLosesNothing) {
  run_here([&]() -> Task<> {
    FdPair pipe = make_pipe();
    FdSource from(co_await asio::this_coro::executor, std::move(pipe.first));
    auto reading = [&]() -> Task<> { static_cast<void>(co_await from.read()); };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(reading());
      co_await asio::post(asio::use_awaitable);
      co_await scope.close();
    };
    co_await scoped(body);
    EXPECT_EQ(::write(pipe.second.get(), "later", 5), 5);
    const Piece piece = co_await from.read();
    EXPECT_EQ(as_text(piece.bytes.bytes()), "later");
  });
}

TEST(Descriptor, ABlockingDescriptorIsBlockingAgainAfterwards) {
  FdPair pipe = make_pipe();
  run_here([&]() -> Task<> {
    FdSource from(co_await asio::this_coro::executor, pipe.first.duplicate());
    EXPECT_FALSE(is_blocking(pipe.first.get()));
  });
  EXPECT_TRUE(is_blocking(pipe.first.get()));
}

TEST(Descriptor, ShutDownAtFinishKeepsTheOtherDirection) {
  run_here([&]() -> Task<> {
    const Executor here = co_await asio::this_coro::executor;
    FdPair pair = make_socket_pair();
    FdSource answers(here, pair.first.duplicate());
    FdSink questions(here, std::move(pair.first), {.name = "peer", .shut_down_at_finish = true});
    FdSource far_in(here, pair.second.duplicate());
    FdSink far_out(here, std::move(pair.second));
    co_await write_and_finish(questions, as_bytes("question"));
    const Buffer heard = co_await read_all(far_in);
    EXPECT_EQ(as_text(heard), "question");
    far_in.stop(Error{});
    co_await write_and_finish(far_out, as_bytes("answer"));
    const Buffer answer = co_await read_all(answers);
    EXPECT_EQ(as_text(answer), "answer");
  });
}

}  // namespace
}  // namespace sluice::io
