#pragma once
// Two links over a transport in memory or a socket pair, for tests: a client, and a daemon whose handlers the test
// writes.
//
//   Handlers handlers;
//   handlers.on<Put>([](Incoming& call) -> Task<Buffer> { ... });
//   with_links(handlers, [](Links& links) -> Task<> { ... co_await links.client.call(...); });

#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "io/fake_clock.h"
#include "io/loop.h"
#include "io/pipe.h"
#include "io/unix_socket.h"
#include "link/link.h"
#include "remote/extension.h"

namespace sluice::link {

using remote::Role;
using remote::Streaming;

// --- a program of the test's own ----------------------------------------------------------------------------------
struct Echo {
  static constexpr Proc proc{1, "echo", Streaming::none, Role::none};
  struct Reply {
    std::string text;
  };
  std::string text;
};
struct Put {
  static constexpr Proc proc{2, "put", Streaming::up, Role::none};
  using Reply = remote::Void;
};
struct Get {
  static constexpr Proc proc{3, "get", Streaming::down, Role::none};
  using Reply = remote::Void;
};
struct Talk {
  static constexpr Proc proc{4, "talk", Streaming::both, Role::none};
  using Reply = remote::Void;
};
using Play = remote::Program<0x20770001, 1, Echo, Put, Get, Talk>;
inline constexpr std::array programs{Play::info()};

// The bytes of a stream that begin `from` bytes into it: the same 251 over and over, which fits no size of frame.
inline Chunk pattern(std::size_t size, std::size_t from = 0) {
  constexpr std::size_t period = 251;
  Chunk chunk = Chunk::uninitialised(size);
  const std::size_t first = std::min(size, period);
  for (std::size_t i = 0; i < first; ++i) chunk.data()[i] = static_cast<std::byte>((from + i) % period);
  for (std::size_t done = first; done < size;) {
    const std::size_t now = std::min(size - done, done - done % period);
    std::memcpy(chunk.data() + done, chunk.data(), now);
    done += now;
  }
  return chunk;
}
inline io::Piece piece(std::size_t size, std::size_t from = 0) { return {.bytes = pattern(size, from)}; }

// Reads to the end and checks that it is the pattern; gives how much it was.
inline Task<std::size_t> read_pattern(io::Source& source) {
  std::size_t total = 0;
  for (io::Piece got = co_await source.read(); !got.is_end(); got = co_await source.read()) {
    const Chunk expected = pattern(got.bytes.size(), total);
    const bool same = std::memcmp(got.bytes.data(), expected.data(), expected.size()) == 0;
    if (!same) ADD_FAILURE() << "wrong bytes behind " << total;
    total += got.bytes.size();
  }
  co_return total;
}
inline Buffer number(std::uint64_t n) { return xdr::encode(n); }
inline std::uint64_t number(Bytes bytes) { return io::or_throw(xdr::decode<std::uint64_t>(bytes)); }

class Handlers final : public Responder {
 public:
  using Handler = std::function<Task<Buffer>(Incoming&)>;
  template <class P>
  void on(Handler handler) {
    handlers_[P::proc.number] = std::move(handler);
  }
  Task<Buffer> respond(Incoming& call) override {
    const Running running(under_way);
    const auto handler = handlers_.find(call.proc().number);
    if (handler == handlers_.end()) io::fail(Code::no_support, "the test has no handler");
    co_return co_await handler->second(call);
  }
  bool has_enough() const override { return goodbye; }
  int under_way = 0;
  bool goodbye = false;

 private:
  struct Running {
    int& count;
    explicit Running(int& c) : count(c) { ++count; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { --count; }
  };
  std::map<std::int32_t, Handler> handlers_;
};

// The handler of Echo, and one of Put that reads all and answers how much it was.
inline Task<Buffer> echo(Incoming& call) {
  auto ask = io::or_throw(xdr::decode<Echo>(call.args()));
  const Echo::Reply reply{.text = std::move(ask.text)};
  co_return xdr::encode(reply);
}
inline Task<Buffer> swallow(Incoming& call) {
  call.accept({});
  const std::size_t total = co_await read_pattern(call.source());
  co_return number(total);
}

struct Way {
  bool extended = true;  // both ends say hello first
  std::size_t capacity = 256 * 1024;
  bool sockets = false;  // unix sockets, which can splice, instead of memory
  using Carrier = std::function<std::unique_ptr<io::Transport>(const io::Executor&, std::unique_ptr<io::Transport>)>;
  Carrier client_carrier = nullptr, daemon_carrier = nullptr;
  std::function<Task<>()> ready = nullptr;  // after both carriers were made, before there are links
};

struct Links {
  io::FakeClock& clock;
  Link client, daemon;
  std::optional<Error> client_ended, daemon_ended;
  io::Scope* scope = nullptr;

  Task<std::string> echo(std::string text) {
    const Echo ask{.text = std::move(text)};
    const Buffer answer = co_await client.call(Play::number, Echo::proc, xdr::encode(ask));
    auto reply = io::or_throw(xdr::decode<Echo::Reply>(answer));
    co_return std::move(reply.text);
  }
  template <class P>
  Task<std::unique_ptr<Outgoing>> open(OpenOptions options = {}) {
    return client.open(Play::number, P::proc, {}, options);
  }
};

inline Task<> run_link(Link& link, Responder* responder, std::optional<Error>& ended) {
  ended = co_await link.run(responder);
}

// Lets everything else on this executor happen, several times.
inline Task<> settle(int times = 50) {
  const io::Executor executor = co_await asio::this_coro::executor;
  for (int i = 0; i < times; ++i) co_await asio::post(executor, asio::use_awaitable);
}

template <class Body>
void with_links(Handlers& handlers, Body body, const Way& way = {}) {
  io::FakeClock clock;
  auto all = [&]() -> Task<> {
    const io::Executor executor = co_await asio::this_coro::executor;
    auto [a, b] = io::memory_transports(executor, executor, way.capacity);
    if (way.sockets) {
      io::FdPair ends = io::make_socket_pair();
      a = io::adopt_unix(executor, std::move(ends.first));
      b = io::adopt_unix(executor, std::move(ends.second));
    }
    if (way.client_carrier) a = way.client_carrier(executor, std::move(a));
    if (way.daemon_carrier) b = way.daemon_carrier(executor, std::move(b));
    if (way.ready) co_await way.ready();
    const session::Options options{.programs = programs, .extension = way.extended};
    Links links{.clock = clock,
                .client = Link(executor, std::move(a), session::Session(session::Side::client, options), clock),
                .daemon = Link(executor, std::move(b), session::Session(session::Side::daemon, options), clock)};
    auto inside = [&](io::Scope& scope) -> Task<> {
      links.scope = &scope;
      scope.spawn(run_link(links.daemon, &handlers, links.daemon_ended));
      scope.spawn(run_link(links.client, nullptr, links.client_ended));
      if (way.extended) co_await links.client.hello();
      co_await body(links);
      if (!links.client.over()) links.client.close({.code = Code::ok, .message = "the test is over"});
      co_await scope.join();  // both links end by themselves, and everything with them
    };
    co_await io::scoped(inside);
  };
  io::run_here(all);
  EXPECT_EQ(handlers.under_way, 0);
}

// What a task failed with.
template <class T>
Task<Error> failure_of(Task<T> task) {
  std::exception_ptr failed;
  try {
    static_cast<void>(co_await std::move(task));
  } catch (...) {
    failed = std::current_exception();
  }
  if (!failed) co_return Error{.code = Code::ok, .message = "it did not fail"};
  co_return io::reason(failed);
}
template <>
inline Task<Error> failure_of(Task<void> task) {
  std::exception_ptr failed;
  try {
    co_await std::move(task);
  } catch (...) {
    failed = std::current_exception();
  }
  if (!failed) co_return Error{.code = Code::ok, .message = "it did not fail"};
  co_return io::reason(failed);
}

}  // namespace sluice::link
