// Connections that cannot be made, that are lost, and daemons that are no Sluice.

#include <sluice/host.h>

#include "client/engine.h"
#include "client/play_service_test.h"
#include "io/failure.h"
#include "io/unix_socket.h"
#include "link/link.h"
#include "remote/remote.h"

namespace sluice::client {
namespace {

using io::Task;

// A daemon of the test's own making: accepts one client and does with him what it is told.
class OneClient {
 public:
  using Treat = std::function<Task<>(std::unique_ptr<io::Transport>)>;
  explicit OneClient(Treat treat) : treat_(std::move(treat)) {
    over_ = asio::co_spawn(loop_.executor(), serve(), asio::use_future);
    listening_.get_future().get();
  }
  ~OneClient() { over_.wait(); }
  std::string uri() const { return "qemu+unix:///system?socket=" + directory_ / "sock"; }

 private:
  Task<> serve() {
    io::UnixListener listener(co_await asio::this_coro::executor, {.path = directory_ / "sock"});
    listening_.set_value();
    auto transport = co_await listener.accept(co_await asio::this_coro::executor);
    co_await treat_(std::move(transport));
  }

  Treat treat_;
  io::TemporaryDirectory directory_;
  std::promise<void> listening_;
  io::Loop loop_;
  std::future<void> over_;
};

Task<> until_the_client_goes(std::unique_ptr<io::Transport> transport) {
  Buffer room(4096);
  const std::array into{MutableBytes(room)};
  while (co_await transport->read_some(into) != 0) {
  }
}

// What every libvirt daemon can do, and nothing of ours.
struct Plain final : link::Responder {
  Task<Buffer> respond(link::Incoming& call) override {
    if (call.proc().number == remote::AuthList::proc.number) {
      co_return xdr::encode(remote::AuthList::Reply{.types = {{way_in}}});
    }
    if (call.proc().number == remote::ConnectSupportsFeature::proc.number) {
      co_return xdr::encode(remote::ConnectSupportsFeature::Reply{.supported = 1});
    }
    if (call.proc().number == remote::ConnectOpen::proc.number) co_return Buffer();
    if (call.proc().number == remote::DomainLookupByName::proc.number) {
      co_return xdr::encode(remote::DomainLookupByName::Reply{.dom = {.name = "web1", .uuid = {}, .id = -1}});
    }
    io::fail(Code::no_support, "'" + std::string(call.proc().name) + "' is too new", ErrorDomain::remote);
  }
  std::int32_t way_in = 0;
};

Task<> serve_plainly(std::unique_ptr<io::Transport> transport, Plain& plain) {
  static constexpr std::array programs{remote::Remote::info()};
  io::SteadyClock clock;
  link::Link link(co_await asio::this_coro::executor, std::move(transport),
                  session::Session(session::Side::daemon, {.programs = programs, .extension = false}), clock);
  static_cast<void>(co_await link.run(&plain));
}

TEST(Connecting, ToNobodyIsNoConnection) {
  const Error error = failure_of([] { Host::connect("qemu+unix:///system?socket=/nowhere/sock"); });
  EXPECT_EQ(error.message,
            "cannot connect to 'qemu+unix:///system?socket=/nowhere/sock': cannot connect to '/nowhere/sock': No such "
            "file or directory");
  EXPECT_EQ(error.os_error, ENOENT);
  EXPECT_THROW(Host::connect("qemu+unix:///system?socket=/nowhere/sock"), Disconnected);
}

TEST(Connecting, ToNonsenseSaysWhatIsWrong) {
  const Error error = failure_of([] { Host::connect("nonsense"); });
  EXPECT_EQ(error.domain, ErrorDomain::uri);
}

TEST(Connecting, ToWhoHangsUpFails) {
  const OneClient daemon([](std::unique_ptr<io::Transport> transport) -> Task<> {
    transport->close();
    co_return;
  });
  EXPECT_THROW(Host::connect(daemon.uri()), Disconnected);
}

TEST(Connecting, ToWhoNeverAnswersDoesNotHang) {
  const OneClient daemon(until_the_client_goes);
  try {
    Host::connect(daemon.uri(), {.keepalive = std::chrono::seconds(1), .keepalive_count = 0});
    FAIL() << "it went well";
  } catch (const Disconnected& failure) {
    EXPECT_NE(failure.message().find("did not answer within 1 s"), std::string::npos) << failure.message();
  }
}

TEST(Connecting, ToWhoSpeaksAnotherLanguageFails) {
  const OneClient daemon([](std::unique_ptr<io::Transport> transport) -> Task<> {
    const Buffer greeting(100, std::byte{'H'});
    const std::array from{Bytes(greeting)};
    static_cast<void>(co_await transport->write_some(from));
    co_await until_the_client_goes(std::move(transport));
  });
  EXPECT_THROW(Host::connect(daemon.uri()), Disconnected);
}

TEST(Connecting, ToWhoWantsSaslAndHasNoneFails) {
  Plain plain;
  plain.way_in = 1;
  const OneClient daemon([&](std::unique_ptr<io::Transport> t) { return serve_plainly(std::move(t), plain); });
  const Error error = failure_of([&] { Host::connect(daemon.uri()); });
  EXPECT_NE(error.message.find("'auth_sasl_init'"), std::string::npos) << error.message;
}

TEST(Connecting, ToAPlainDaemonWorksButForStreamsOfOurs) {
  Plain plain;
  const OneClient daemon([&](std::unique_ptr<io::Transport> t) { return serve_plainly(std::move(t), plain); });
  Host host = Host::connect(daemon.uri());
  Domain guest = host.lookup("web1");
  EXPECT_EQ(guest.name(), "web1");
  const Error save = failure_of([&] { guest.save(); });
  EXPECT_EQ(save.message, "the daemon at '" + daemon.uri() +
                              "' is not a Sluice daemon: it can save machines only to its own files, not streams");
  EXPECT_EQ(failure_of([&] { host.restore(); }).code, Code::no_support);
  EXPECT_EQ(failure_of([&] { guest.pause(); }).code, Code::no_support);
}

TEST(Connecting, IsLostWhenTheDaemonFallsSilent) {
  Plain plain;
  std::promise<void> stuck;
  const auto until_free = stuck.get_future().share();
  struct Sleepy final : link::Responder {
    Task<Buffer> respond(link::Incoming& call) override {
      if (call.proc().number == remote::DomainLookupByName::proc.number) until_free.wait();  // with all of its loop
      return plain.respond(call);
    }
    Plain& plain;
    std::shared_future<void> until_free;
    Sleepy(Plain& p, std::shared_future<void> f) : plain(p), until_free(std::move(f)) {}
  } sleepy(plain, until_free);
  const OneClient daemon([&](std::unique_ptr<io::Transport> transport) -> Task<> {
    static constexpr std::array programs{remote::Remote::info()};
    io::SteadyClock clock;
    link::Link link(co_await asio::this_coro::executor, std::move(transport),
                    session::Session(session::Side::daemon, {.programs = programs, .extension = false}), clock);
    static_cast<void>(co_await link.run(&sleepy));
  });
  {
    const Host host = Host::connect(daemon.uri(), {.keepalive = std::chrono::seconds(1), .keepalive_count = 1});
    EXPECT_THROW(host.lookup("web1"), Disconnected);
    EXPECT_TRUE(soon([&] { return !host.alive(); }));
    EXPECT_THROW(host.lookup("web1"), Disconnected);
  }
  stuck.set_value();
}

TEST(Connecting, ASluiceThatIsOlderThanWeightsIsSaidToBe) {
  Plain plain;
  const OneClient daemon([&plain](std::unique_ptr<io::Transport> transport) -> Task<> {
    static constexpr std::array programs{remote::Remote::info()};
    io::SteadyClock clock;
    link::Link link(co_await asio::this_coro::executor, std::move(transport),
                    session::Session(session::Side::daemon, {.programs = programs, .features = 3}), clock);
    static_cast<void>(co_await link.run(&plain));
  });
  Host host = Host::connect(daemon.uri());
  const Error why = failure_of([&] { host.weigh_stream(1, 300); });
  EXPECT_EQ(why.code, Code::no_support);
  EXPECT_EQ(why.message, "the daemon at '" + daemon.uri() + "' is older than the weights of streams: it knows none");
}

TEST(Connecting, ACloseFailsWhatIsUnderWay) {
  Host host = Host::connect("test:///default");
  Domain test = host.lookup("test");
  Stream console = test.console({.force = true});
  std::thread closing([&] { host.close(); });
  std::vector<std::byte> room(100);
  EXPECT_THROW(while (true) console.read(room), Disconnected);
  closing.join();
  EXPECT_THROW(test.state(), Disconnected);
  EXPECT_FALSE(host.alive());
  Stream late = Stream();
  EXPECT_FALSE(static_cast<bool>(late));
}

TEST(Runtimes, TheDefaultOneLivesAsLongAsItIsUsed) {
  std::weak_ptr<Engine> engine;
  {
    const Host first = Host::connect("test:///default");
    const Host second = Host::connect("test:///default");
    engine = Engine::shared();
    EXPECT_EQ(Runtime::by_default().engine(), engine.lock());
  }
  EXPECT_TRUE(soon([&] { return engine.expired(); }));
}

}  // namespace
}  // namespace sluice::client
