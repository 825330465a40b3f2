// The stream of sluice/asio.h, on an io_context of the application's own.

#include <sluice/asio.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>

#include "client/play_service_test.h"

namespace sluice::client {
namespace {

using Asio = PlayService;
using boost::asio::buffer;
using boost::asio::use_awaitable;
using boost::system::error_code;

template <class Body>
void run(Body body) {
  boost::asio::io_context context;
  std::exception_ptr outcome;
  boost::asio::co_spawn(context, body(), [&](std::exception_ptr failed) { outcome = failed; });
  context.run();
  if (outcome) std::rethrow_exception(outcome);
}

TEST_F(Asio, AWholeUploadByAComposedWrite) {
  auto connection = connect();
  run([&]() -> boost::asio::awaitable<void> {
    AsyncStream stream(co_await boost::asio::this_coro::executor, connection.open<Play>(Put{}));
    const auto bytes = pattern(3'000'000);
    EXPECT_EQ(co_await boost::asio::async_write(stream, buffer(bytes), use_awaitable), bytes.size());
    const auto result = co_await stream.async_finish(use_awaitable);
    EXPECT_EQ(decoded<Put::Result>(result).sum, sum_of(bytes));
  });
}

TEST_F(Asio, AComposedReadUntilTheEnd) {
  auto connection = connect();
  run([&]() -> boost::asio::awaitable<void> {
    AsyncStream stream(co_await boost::asio::this_coro::executor, connection.open<Play>(Get{.bytes = 2'000'000}));
    std::vector<std::byte> all(3'000'000);
    const auto [error, count] =
        co_await boost::asio::async_read(stream, buffer(all), boost::asio::as_tuple(use_awaitable));
    EXPECT_EQ(error, boost::asio::error::eof);
    all.resize(count);
    EXPECT_EQ(all, pattern(2'000'000));
    co_await stream.async_finish(use_awaitable);
  });
}

TEST_F(Asio, AFailureHasACodeAndASentence) {
  auto connection = connect();
  run([&]() -> boost::asio::awaitable<void> {
    AsyncStream stream(co_await boost::asio::this_coro::executor, connection.open<Play>(Put{.fails_after = 500'000}));
    const auto bytes = pattern(50'000'000);
    const auto [error, count] =
        co_await boost::asio::async_write(stream, buffer(bytes), boost::asio::as_tuple(use_awaitable));
    EXPECT_EQ(error, error_code(static_cast<int>(Code::overflow), failure_category()));
    EXPECT_LT(count, bytes.size());
    const auto why = stream.stream().failure();
    EXPECT_EQ(why ? why->message : "", "that is too much");
  });
}

TEST_F(Asio, FinishThrowsTheReason) {
  auto connection = connect();
  const Error error = failure_of([&] {
    run([&]() -> boost::asio::awaitable<void> {
      AsyncStream stream(co_await boost::asio::this_coro::executor, connection.open<Play>(Put{.fails_after = 3}));
      co_await boost::asio::async_write(stream, buffer("four"), use_awaitable);
      co_await stream.async_finish(use_awaitable);
    });
  });
  EXPECT_EQ(error.message, "that is too much");
}

TEST_F(Asio, AReadThatIsCancelledLosesNothing) {
  auto connection = connect();
  boost::asio::io_context context;
  AsyncStream stream(context.get_executor(), connection.open<Play>(Talk{}));
  std::vector<std::byte> room(100);
  boost::asio::cancellation_signal cancel;
  error_code first;
  stream.async_read_some(
      buffer(room), boost::asio::bind_cancellation_slot(cancel.slot(), [&](error_code e, std::size_t) { first = e; }));
  boost::asio::post(context, [&] { cancel.emit(boost::asio::cancellation_type::total); });
  context.run();
  EXPECT_EQ(first, boost::asio::error::operation_aborted);

  context.restart();
  std::string answer;
  boost::asio::async_write(stream, buffer("hello", 5), [&](error_code e, std::size_t) {
    EXPECT_FALSE(e);
    stream.async_read_some(buffer(room), [&](error_code, std::size_t count) {
      answer = as_text(std::span<const std::byte>(room).first(count));
    });
  });
  context.run();
  EXPECT_EQ(answer, "hello");
}

TEST_F(Asio, DestroyingTheStreamCompletesWhatIsPending) {
  auto connection = connect();
  boost::asio::io_context context;
  error_code outcome;
  std::vector<std::byte> room(100);
  {
    AsyncStream stream(context.get_executor(), connection.open<Play>(Talk{}));
    stream.async_read_some(buffer(room), [&](error_code e, std::size_t) { outcome = e; });
    context.poll();
  }
  context.run();
  EXPECT_EQ(outcome, error_code(static_cast<int>(Code::operation_aborted), failure_category()));
}

TEST_F(Asio, FuturesAndDeferredOperationsAreTokensLikeOthers) {
  auto connection = connect();
  boost::asio::io_context context;
  auto work = boost::asio::make_work_guard(context);
  std::thread thread([&] { context.run(); });
  {
    AsyncStream stream(context.get_executor(), connection.open<Play>(Put{}));
    const auto bytes = pattern(100'000);
    EXPECT_EQ(boost::asio::async_write(stream, buffer(bytes), boost::asio::use_future).get(), bytes.size());
    auto finish = stream.async_finish(boost::asio::deferred);
    EXPECT_EQ(decoded<Put::Result>(std::move(finish)(boost::asio::use_future).get()).bytes, bytes.size());
  }
  work.reset();  // and not stopped: the library may still be posting to it
  thread.join();
}

TEST_F(Asio, AnEmptyBufferCompletesAtOnce) {
  auto connection = connect();
  boost::asio::io_context context;
  AsyncStream stream(context.get_executor(), connection.open<Play>(Talk{}));
  int completed = 0;
  stream.async_read_some(boost::asio::mutable_buffer(),
                         [&](error_code e, std::size_t n) { completed += !e && n == 0; });
  stream.async_write_some(boost::asio::const_buffer(), [&](error_code e, std::size_t n) { completed += !e && n == 0; });
  context.run();
  EXPECT_EQ(completed, 2);
}

}  // namespace
}  // namespace sluice::client
