// Streams in programs that do not block: tries, callbacks, and the descriptor of a foreign event loop.

#include <poll.h>

#include "client/play_service_test.h"

namespace sluice::client {
namespace {

using Readiness = PlayService;

void run_until(Runtime& runtime, const std::function<bool()>& over) {
  pollfd due{runtime.event_fd(), POLLIN, 0};
  while (!over()) {
    ASSERT_EQ(::poll(&due, 1, 30'000), 1) << "nothing became due";
    runtime.dispatch();
  }
}

TEST_F(Readiness, AWholeUploadWithoutOneBlockingCall) {
  Runtime runtime;
  runtime.event_fd();
  auto connection = connect({.runtime = runtime});
  auto stream = connection.open<Play>(Put{});
  const auto bytes = pattern(4'000'000);
  std::size_t at = 0;
  std::optional<std::vector<std::byte>> result;
  stream.on_writable([&] {
    at += stream.try_write(std::span(bytes).subspan(at));
    if (at == bytes.size()) stream.begin_finish();
  });
  stream.on_finished([&] { result = stream.finished(); });
  run_until(runtime, [&] { return result.has_value(); });
  ASSERT_TRUE(result);
  EXPECT_EQ(decoded<Put::Result>(*result).sum, sum_of(bytes));
}

TEST_F(Readiness, AWholeDownloadWithoutOneBlockingCall) {
  Runtime runtime;
  runtime.event_fd();
  auto connection = connect({.runtime = runtime});
  auto stream = connection.open<Play>(Get{.bytes = 4'000'000});
  std::vector<std::byte> all, room(33'333);
  bool ended = false, finished = false;
  stream.on_readable([&] {
    while (const auto count = stream.try_read(room)) {
      if (*count == 0) {
        ended = true;
        return stream.begin_finish();
      }
      all.insert(all.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(*count));
    }
  });
  stream.on_finished([&] { finished = stream.finished().has_value(); });
  run_until(runtime, [&] { return finished; });
  EXPECT_TRUE(ended);
  EXPECT_EQ(all, pattern(4'000'000));
}

TEST_F(Readiness, FailureIsReadinessToo) {
  Runtime runtime;
  runtime.event_fd();
  auto connection = connect({.runtime = runtime});
  auto stream = connection.open<Play>(Put{.fails_after = 1'000'000});
  const auto bytes = pattern(50'000);
  std::string why;
  stream.on_writable([&] {
    try {
      while (stream.try_write(bytes) > 0) {
      }
    } catch (const Failure& failure) {
      why = failure.message();
    }
  });
  run_until(runtime, [&] { return !why.empty(); });
  EXPECT_EQ(why, "that is too much");
}

TEST_F(Readiness, CallbacksRunOnTheLibrarysThreadWithoutDispatch) {
  auto connection = connect();
  auto stream = connection.open<Play>(Get{.bytes = 10});
  std::promise<std::thread::id> where;
  stream.on_readable([&, told = false]() mutable {
    if (!std::exchange(told, true)) where.set_value(std::this_thread::get_id());
  });
  EXPECT_NE(where.get_future().get(), std::this_thread::get_id());
  stream.on_readable({});
}

TEST_F(Readiness, ABlockingCallInACallbackIsALogicError) {
  auto connection = connect();
  auto stream = connection.open<Play>(Get{.bytes = 10});
  std::promise<bool> refused;
  stream.on_readable([&, told = false]() mutable {
    if (std::exchange(told, true)) return;
    try {
      connection.call<Play>(Add{});
      refused.set_value(false);
    } catch (const std::logic_error&) {
      refused.set_value(true);
    }
  });
  EXPECT_TRUE(refused.get_future().get());
  stream.on_readable({});
}

TEST_F(Readiness, TheLastHandleMayBeDroppedByACallback) {
  auto held = std::make_unique<Connection>(connect());
  auto stream = std::make_shared<StreamOf<Get>>(held->open<Play>(Get{.bytes = 10}));
  std::promise<void> dropped;
  stream->on_readable([&held, &dropped, owned = std::make_shared<std::shared_ptr<StreamOf<Get>>>(stream)] {
    if (!held) return;
    held.reset();
    owned->reset();
    dropped.set_value();
  });
  stream.reset();
  dropped.get_future().get();
}

TEST_F(Readiness, AnUnsetCallbackIsNotCalled) {
  Runtime runtime;
  runtime.event_fd();
  auto connection = connect({.runtime = runtime});
  auto stream = connection.open<Play>(Get{.bytes = 10});
  bool called = false;
  stream.on_readable([&] { called = true; });
  pollfd due{runtime.event_fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&due, 1, 30'000), 1);
  stream.on_readable({});
  runtime.dispatch();
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace sluice::client
