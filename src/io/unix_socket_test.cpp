#include "io/unix_socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <fstream>

#include "io/failure.h"
#include "io/loop.h"
#include "io/scope.h"
#include "io/temporary_directory.h"

namespace sluice::io {
namespace {

std::string failure_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Failure& failure) {
    return failure.error.message;
  }
  return "";
}

mode_t mode_of(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
}
bool exists(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0;
}

Task<> greet(UnixListener& listener) {
  std::unique_ptr<Transport> client = co_await listener.accept(co_await asio::this_coro::executor);
  const std::array<Bytes, 1> hello{as_bytes("hello")};
  EXPECT_EQ(co_await client->write_some(hello), 5U);
}

Task<std::string> ask(std::string path) {
  std::unique_ptr<Transport> server = co_await connect_unix(path);
  std::array<std::byte, 100> room;
  const std::array<MutableBytes, 1> into{room};
  const std::size_t count = co_await server->read_some(into);
  co_return std::string(as_text(Bytes(room).first(count)));
}

TEST(UnixListener, AClientThatConnectsIsAccepted) {
  const TemporaryDirectory directory;
  run_here([&]() -> Task<> {
    UnixListener listener(co_await asio::this_coro::executor, {.path = directory / "s"});
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(greet(listener));
      EXPECT_EQ(co_await ask(listener.path()), "hello");
      co_await scope.join();
    };
    co_await scoped(body);
  });
}

TEST(UnixListener, TheFileHasTheModeAndGoesWithTheListener) {
  const TemporaryDirectory directory;
  run_here([&]() -> Task<> {
    {
      const UnixListener listener(co_await asio::this_coro::executor, {.path = directory / "s", .mode = 0660});
      EXPECT_EQ(mode_of(directory / "s"), 0660U);
    }
    EXPECT_FALSE(exists(directory / "s"));
  });
}

TEST(UnixListener, AStaleFileIsReplaced) {
  const TemporaryDirectory directory;
  const std::string path = directory / "s";
  run_here([&]() -> Task<> {
    const Executor here = co_await asio::this_coro::executor;
    auto dead = std::make_unique<UnixListener>(here, UnixListenerOptions{.path = path});
    EXPECT_EQ(::link(path.c_str(), (directory / "kept").c_str()), 0);
    dead.reset();
    EXPECT_EQ(::rename((directory / "kept").c_str(), path.c_str()), 0);
    const UnixListener listener(here, {.path = path});
    auto connecting = co_await connect_unix(path);
    EXPECT_NE(connecting, nullptr);
  });
}

TEST(UnixListener, ALivingListenerIsNotReplaced) {
  const TemporaryDirectory directory;
  run_here([&]() -> Task<> {
    const Executor here = co_await asio::this_coro::executor;
    const UnixListener first(here, {.path = directory / "s"});
    const std::string why = failure_of([&] { const UnixListener second(here, {.path = directory / "s"}); });
    EXPECT_EQ(why, "cannot listen on '" + (directory / "s") + "': another process listens there");
    EXPECT_TRUE(exists(directory / "s"));
  });
}

TEST(UnixListener, AFileThatIsNoSocketIsNotReplaced) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "s") << "precious";
  run_here([&]() -> Task<> {
    const Executor here = co_await asio::this_coro::executor;
    const std::string why = failure_of([&] { const UnixListener listener(here, {.path = directory / "s"}); });
    EXPECT_EQ(why, "cannot listen on '" + (directory / "s") + "': it is not a socket");
  });
  EXPECT_TRUE(exists(directory / "s"));
}

TEST(UnixListener, APathThatIsTooLongIsRefusedByName) {
  run_here([&]() -> Task<> {
    const Executor here = co_await asio::this_coro::executor;
    const std::string path = "/tmp/" + std::string(200, 'x');
    const std::string why = failure_of([&] { const UnixListener listener(here, {.path = path}); });
    EXPECT_NE(why.find("may have 107 bytes, '" + path + "' has 205"), std::string::npos) << why;
  });
}

TEST(UnixListener, AnotherListenersFileIsLeftAlone) {
  const TemporaryDirectory directory;
  const std::string path = directory / "s";
  run_here([&]() -> Task<> {
    const Executor here = co_await asio::this_coro::executor;
    auto first = std::make_unique<UnixListener>(here, UnixListenerOptions{.path = path});
    EXPECT_EQ(::unlink(path.c_str()), 0);
    const UnixListener second(here, {.path = path});
    first.reset();
    EXPECT_TRUE(exists(path));
  });
}

TEST(UnixListener, CloseEndsAPendingAccept) {
  const TemporaryDirectory directory;
  run_here([&]() -> Task<> {
    UnixListener listener(co_await asio::this_coro::executor, {.path = directory / "s"});
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(greet(listener));
      co_await asio::post(asio::use_awaitable);
      listener.close();
      EXPECT_THROW(co_await scope.join(), boost::system::system_error);
    };
    co_await scoped(body);
  });
}

TEST(UnixListener, RunningOutOfDescriptorsOnlyDelaysTheClient) {
  const TemporaryDirectory directory;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  run_here([&]() -> Task<> {
    UnixListener listener(co_await asio::this_coro::executor, {.path = directory / "s"});
    std::unique_ptr<Transport> client = co_await connect_unix(listener.path());
    // A sanitizer looks through a pipe at what it meets for the first time, and there will be none.
    auto timers = []() -> Task<> {
      asio::steady_timer timer(co_await asio::this_coro::executor);
      for (int i = 0; i < 2; ++i) {
        timer.expires_after(std::chrono::nanoseconds(1));
        co_await timer.async_wait(asio::use_awaitable);
      }
    };
    auto met = [&](Scope& scope) -> Task<> {
      scope.spawn(timers());
      co_await scope.join();
    };
    co_await scoped(met);
    // Every further number is refused until the limit is raised again.
    const Fd next(::dup(0));
    const rlimit none{.rlim_cur = static_cast<rlim_t>(next.get()), .rlim_max = before.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    auto relief = [&]() -> Task<> {
      asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(120));
      co_await timer.async_wait(asio::use_awaitable);
      ::setrlimit(RLIMIT_NOFILE, &before);
    };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(greet(listener));
      scope.spawn(relief());
      co_await scope.join();
    };
    co_await scoped(body);
    ::setrlimit(RLIMIT_NOFILE, &before);
  });
}

TEST(ConnectUnix, AFailureNamesThePath) {
  const TemporaryDirectory directory;
  const std::string why = failure_of([&] { run_here([&] { return connect_unix(directory / "nobody"); }); });
  EXPECT_EQ(why, "cannot connect to '" + (directory / "nobody") + "': No such file or directory");
}

}  // namespace
}  // namespace sluice::io
