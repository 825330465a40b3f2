#include "daemon/metrics_endpoint.h"

#include <gmock/gmock.h>

#include <array>

#include "base/limits.h"
#include "io/failure.h"
#include "io/fake_clock.h"
#include "io/loop.h"
#include "io/temporary_directory.h"
#include "io/unix_socket.h"

namespace sluice::daemon {
namespace {

using io::Task;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using Transport = std::unique_ptr<io::Transport>;

constexpr std::string_view request = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

// An endpoint on a unix socket, on the loop of the test.
struct Bed {
  io::TemporaryDirectory directory;
  const std::string path = directory / "metrics";
  io::FakeClock clock;
  std::string text = "one 1\n";
  bool stuck = false;  // the text never comes
  std::optional<io::Failure> failure;
  std::optional<MetricsEndpoint> endpoint;

  Task<Transport> visitor() { return io::connect_unix(path); }
  template <class True>
  Task<> until(True is) {
    const io::Executor here = co_await asio::this_coro::executor;
    while (!is()) co_await asio::post(here, asio::use_awaitable);
  }
  // For what should not happen, and would by then.
  static Task<> turns() {
    const io::Executor here = co_await asio::this_coro::executor;
    for (int turn = 0; turn < 50; ++turn) co_await asio::post(here, asio::use_awaitable);
  }
  Task<std::string> make_text() {
    if (failure) throw io::Failure(*failure);
    if (stuck) co_await clock.sleep_until(clock.now() + std::chrono::hours(1));
    co_return text;
  }
};

Task<> send(io::Transport& to, std::string_view text) {
  while (!text.empty()) {
    const std::array<Bytes, 1> from{as_bytes(text)};
    text.remove_prefix(co_await to.write_some(from));
  }
}

// All that comes until the endpoint ends the connection.
Task<std::string> rest_of(io::Transport& from) {
  std::string all;
  std::array<std::byte, 4096> room;
  const std::array<MutableBytes, 1> into{MutableBytes(room)};
  for (;;) {
    const std::size_t count = co_await from.read_some(into);
    if (count == 0) co_return all;
    all += as_text(Bytes(room).first(count));
  }
}

Task<std::string> answer_to(Bed& bed, std::string_view text) {
  const Transport visitor = co_await bed.visitor();
  co_await send(*visitor, text);
  co_return co_await rest_of(*visitor);
}

template <class Body>
void with_endpoint(Body body) {
  Bed bed;
  auto all = [&]() -> Task<> {
    const io::Executor here = co_await asio::this_coro::executor;
    auto listener = std::make_unique<io::UnixListener>(here, io::UnixListenerOptions{.path = bed.path});
    auto text = [&bed](io::Scope&) { return bed.make_text(); };
    bed.endpoint.emplace(here, std::move(listener), bed.clock, io::Logger::silent(), text);
    auto beside = [&](io::Scope& scope) -> Task<> {
      scope.spawn(bed.endpoint->run());
      co_await body(bed);
    };
    co_await io::scoped(beside);
    bed.endpoint.reset();
  };
  io::run_here(all);
  EXPECT_TRUE(bed.directory.names().empty()) << "the socket is gone";
}

TEST(MetricsEndpoint, AnswersAndCloses) {
  with_endpoint([](Bed& bed) -> Task<> {
    for (const std::string& text : {std::string("one 1\n"), std::string(3 << 20, 'x')}) {
      bed.text = text;
      const std::string answer = co_await answer_to(bed, request);
      EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
      EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: " + std::to_string(text.size()) + "\r\n"));
      EXPECT_TRUE(answer.ends_with("\r\n\r\n" + text));
    }
    co_await bed.until([&bed] { return bed.endpoint->visitors() == 0; });
  });
}

TEST(MetricsEndpoint, BadRequestsAreAnsweredAndHurtNobody) {
  with_endpoint([](Bed& bed) -> Task<> {
    EXPECT_THAT(co_await answer_to(bed, "GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
    EXPECT_THAT(co_await answer_to(bed, "POST /metrics HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 405 "));
    EXPECT_THAT(co_await answer_to(bed, "\r\n\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
    const std::string endless = "GET /" + std::string(1 << 20, 'a');
    EXPECT_THAT(co_await answer_to(bed, endless), StartsWith("HTTP/1.1 431 ")) << "what nobody reads is taken";
    EXPECT_THAT(co_await answer_to(bed, request), StartsWith("HTTP/1.1 200 "));
  });
}

TEST(MetricsEndpoint, WhoLeavesEarlyIsForgotten) {
  with_endpoint([](Bed& bed) -> Task<> {
    for (const std::string_view said : {std::string_view(), request.substr(0, 10), request}) {
      const Transport visitor = co_await bed.visitor();
      co_await bed.until([&bed] { return bed.endpoint->visitors() == 1; });
      co_await send(*visitor, said);
      visitor->close();
      co_await bed.until([&bed] { return bed.endpoint->visitors() == 0; });
    }
    EXPECT_THAT(co_await answer_to(bed, request), EndsWith("one 1\n"));
  });
}

TEST(MetricsEndpoint, WhoIsSlowIsDropped) {
  with_endpoint([](Bed& bed) -> Task<> {
    bed.text = std::string(8 << 20, 'x');  // more than the socket holds
    const Transport silent = co_await bed.visitor(), half = co_await bed.visitor(), lazy = co_await bed.visitor();
    co_await send(*half, request.substr(0, 10));
    co_await send(*lazy, request);
    co_await bed.until([&bed] { return bed.clock.sleepers() == 3; });
    bed.clock.advance(std::chrono::seconds(9));
    co_await Bed::turns();
    EXPECT_EQ(bed.endpoint->visitors(), 3u);
    bed.clock.advance(std::chrono::seconds(1));
    co_await bed.until([&bed] { return bed.endpoint->visitors() == 0; });
    EXPECT_EQ(co_await rest_of(*silent), "");
    EXPECT_EQ(co_await rest_of(*half), "");
    EXPECT_LT((co_await rest_of(*lazy)).size(), bed.text.size());
  });
}

TEST(MetricsEndpoint, ServesAFewAtOnceAndTheRestLater) {
  with_endpoint([](Bed& bed) -> Task<> {
    std::vector<Transport> many;
    for (std::size_t at = 0; at < limits::scrapes_max + 3; ++at) {
      many.push_back(co_await bed.visitor());
      co_await send(*many.back(), request.substr(0, 5));
    }
    co_await bed.until([&bed] { return bed.clock.sleepers() == limits::scrapes_max; });
    co_await Bed::turns();
    EXPECT_EQ(bed.endpoint->visitors(), limits::scrapes_max);
    for (const Transport& one : many) {
      co_await send(*one, request.substr(5));
      EXPECT_THAT(co_await rest_of(*one), EndsWith("one 1\n"));
      co_await Bed::turns();
      EXPECT_LE(bed.endpoint->visitors(), limits::scrapes_max);
      one->close();
    }
  });
}

TEST(MetricsEndpoint, AFailureIsTold) {
  with_endpoint([](Bed& bed) -> Task<> {
    bed.failure.emplace(Error{.code = Code::system_error, .message = "no such figure"});
    const std::string answer = co_await answer_to(bed, request);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
    EXPECT_THAT(answer, EndsWith("no such figure\n"));
  });
}

TEST(MetricsEndpoint, EndsWhileSomebodyWaits) {
  with_endpoint([](Bed& bed) -> Task<> {
    bed.stuck = true;
    const Transport visitor = co_await bed.visitor();
    co_await send(*visitor, request);
    co_await bed.until([&bed] { return bed.clock.sleepers() == 2; });
  });
}

}  // namespace
}  // namespace sluice::daemon
