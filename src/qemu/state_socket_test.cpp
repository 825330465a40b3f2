#include "qemu/state_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "io/failure.h"
#include "io/fake_clock.h"
#include "io/loop.h"
#include "io/scope.h"
#include "saved/container.h"

namespace sluice::qemu {
namespace {

using io::Task;
using namespace std::chrono_literals;

TEST(StateSocket, GivesSectionsOfFullSizeAndThenTheEnd) {
  StatePair pair = make_state_pair();
  const std::string sent(saved::section_plain_max + 5, 's');
  std::thread qemu([&] {
    for (std::size_t at = 0; at < sent.size();) {
      const ssize_t count =
          ::write(pair.qemus.get(), sent.data() + at, std::min<std::size_t>(70'000, sent.size() - at));
      ASSERT_GT(count, 0);
      at += static_cast<std::size_t>(count);
    }
    pair.qemus.reset();
  });
  io::FakeClock clock;
  io::run_here([&]() -> Task<> {
    StateSource state(co_await asio::this_coro::executor, std::move(pair.ours), clock, 60s);
    const io::Piece first = co_await state.read();
    EXPECT_EQ(first.bytes.size(), saved::section_plain_max);
    const io::Piece second = co_await state.read();
    EXPECT_EQ(second.bytes.size(), 5U);
    EXPECT_TRUE((co_await state.read()).is_end());
    EXPECT_TRUE((co_await state.read()).is_end()) << "for ever";
    EXPECT_EQ(state.bytes(), sent.size());
  });
  qemu.join();
}

// From one QEMU to the other, inside the kernel: all that was sent, in order, and the end.
TEST(StateSocket, PassesAStateOnInsideTheKernel) {
  StatePair saved = make_state_pair(), restored = make_state_pair();
  std::string sent(5 * saved::section_plain_max + 5, '\0');
  for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i % 251);
  std::thread saves([&] {
    for (std::size_t at = 0; at < sent.size();) {
      const ssize_t count =
          ::write(saved.qemus.get(), sent.data() + at, std::min<std::size_t>(32'768, sent.size() - at));
      ASSERT_GT(count, 0);
      at += static_cast<std::size_t>(count);
    }
    saved.qemus.reset();
  });
  std::string got;
  std::thread restores([&] {
    std::array<char, 32'768> room{};
    for (ssize_t count = 1; count > 0; got.append(room.data(), static_cast<std::size_t>(count))) {
      count = ::read(restored.qemus.get(), room.data(), room.size());
      ASSERT_GE(count, 0);
    }
  });
  io::FakeClock clock;
  io::run_here([&]() -> Task<> {
    const io::Executor executor = co_await asio::this_coro::executor;
    StateSource from(executor, std::move(saved.ours), clock, 60s);
    StateSink to(executor, std::move(restored.ours), clock, 60s);
    EXPECT_EQ(co_await io::pump(from, to), sent.size());
    EXPECT_EQ(from.bytes(), sent.size());
  });
  saves.join();
  restores.join();
  EXPECT_TRUE(got == sent);
}

TEST(StateSocket, AQemuThatLeavesIsNoBrokenPipeOfOurs) {
  StatePair pair = make_state_pair();
  pair.qemus.reset();
  io::FakeClock clock;
  io::run_here([&]() -> Task<> {
    StateSink state(co_await asio::this_coro::executor, std::move(pair.ours), clock, 60s);
    std::optional<Error> why;
    try {
      co_await state.write({.bytes = Chunk::copy_of(as_bytes("state"))});
    } catch (const io::Failure& failure) {
      why = failure.error;
    }
    EXPECT_TRUE(why);
    if (why) {
      EXPECT_EQ(why->message, "QEMU does not take the machine's state");
    }
  });
}

TEST(StateSocket, SilenceCountsOnlyWhileItIsQemusTurn) {
  StatePair pair = make_state_pair();
  io::FakeClock clock;
  io::run_here([&]() -> Task<> {
    StateSource state(co_await asio::this_coro::executor, std::move(pair.ours), clock, 60s);
    std::optional<Error> why;
    auto watch = [&]() -> Task<> {
      try {
        co_await state.watch();
      } catch (const io::Failure& failure) {
        why = failure.error;
      }
    };
    auto read = [&]() -> Task<> { static_cast<void>(co_await state.read()); };
    auto soon = []() -> Task<> { co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable); };
    co_await io::scoped([&](io::Scope& scope) -> Task<> {
      scope.spawn(watch());
      co_await soon();
      clock.advance(600s);  // nobody reads: it is not QEMU that is slow
      for (int i = 0; i < 10; ++i) co_await soon();
      EXPECT_FALSE(why);
      scope.spawn(read());
      for (int i = 0; i < 10; ++i) co_await soon();
      clock.advance(59s);
      for (int i = 0; i < 10; ++i) co_await soon();
      EXPECT_FALSE(why);
      clock.advance(61s);
      for (int i = 0; i < 10; ++i) co_await soon();
      EXPECT_TRUE(why);
    });
    if (why) {
      EXPECT_EQ(why->code, Code::operation_timeout);
    }
  });
}

}  // namespace
}  // namespace sluice::qemu
