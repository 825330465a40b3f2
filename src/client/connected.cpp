#include "client/connected.h"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cstdlib>

#include "client/handshake.h"
#include "io/failure.h"
#include "io/tcp_socket.h"
#include "io/unix_socket.h"
#include "link/certificates.h"
#include "link/filtered.h"
#include "remote/domain_event.h"
#include "secure/tls.h"

namespace sluice::client {
namespace {

using io::Task;

constexpr std::chrono::seconds handshake_patience{30};

link::Asker asker() {
  const char* const home = std::getenv("HOME");
  return {.root = ::geteuid() == 0, .home = home == nullptr ? "" : home};
}

Task<std::unique_ptr<io::Transport>> secured(Engine& engine, TlsTarget target) {
  using Check = secure::ClientFiles::Check;
  auto load = [target, now = link::today()] {
    const auto places = link::client_places(target.pki, asker());
    return link::client_credentials(places, target.verify ? Check::daemon : Check::none, now);
  };
  const auto credentials = co_await engine.disk().run(load);
  auto network = co_await io::connect_tcp(target.host, target.port, io::Reach::anywhere);
  auto tls =
      std::make_unique<secure::Tls>(credentials, secure::Tls::Options{.now = link::today(), .host = target.host});
  auto transport = std::make_unique<link::FilteredTransport>(std::move(network), std::move(tls));
  co_await transport->open(engine.clock(), handshake_patience);
  co_return std::unique_ptr<io::Transport>(std::move(transport));
}

Task<std::shared_ptr<Wire>> reach(Engine& engine, const Target& target, const ConnectOptions& options) {
  std::unique_ptr<io::Transport> transport;
  std::unique_ptr<MemoryDaemon> daemon;
  if (target.socket) {
    transport = co_await io::connect_unix(*target.socket);
  } else if (target.tcp) {
    transport = co_await io::connect_tcp(target.tcp->host, target.tcp->port);
  } else if (target.tls) {
    transport = co_await secured(engine, *target.tls);
  } else if (target.ssh) {
    transport = co_await connect_ssh(*target.ssh, engine.disk());
  } else {
    daemon = std::make_unique<MemoryDaemon>(engine);
    transport = daemon->connect();
  }
  co_return std::make_shared<Wire>(engine, std::move(transport), std::move(daemon), options);
}

struct Answer {
  Result<Buffer> reply;
  bool connection_lost;
};

Task<Answer> ask(std::shared_ptr<Wire> wire, std::uint32_t program, const remote::Proc& proc, Buffer fields) {
  std::exception_ptr failed;
  Buffer reply;
  try {
    reply = co_await wire->link().call(program, proc, std::move(fields));
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed) co_return Answer{std::unexpected(io::reason(failed)), wire->link().over()};
  co_return Answer{std::move(reply), false};
}

std::shared_ptr<Engine> engine_of(const ConnectOptions& options) {
  return options.runtime ? options.runtime->engine() : Engine::shared();
}

}  // namespace

void throw_public(const Error& why, bool connection_lost) {
  if (connection_lost) throw Disconnected(why);
  throw Failure(why);
}

std::shared_ptr<Connected> Connected::to(const std::string& uri, const ConnectOptions& options) {
  std::optional<Target> target;
  try {
    target = target_of(uri, options.read_only);
  } catch (const io::Failure& failure) {
    throw Failure(failure.error);
  }
  return to(uri, *target, options);
}

std::shared_ptr<Connected> Connected::to_service(const std::string& socket, const ConnectOptions& options) {
  return to(socket, Target{.socket = socket, .name = ""}, options);
}

std::shared_ptr<Connected> Connected::to(const std::string& uri, const Target& target, const ConnectOptions& options) {
  const auto engine = engine_of(options);
  std::shared_ptr<Wire> wire;
  std::optional<Error> why;
  engine->refuse_its_thread("Host::connect");
  try {
    wire = engine->wait(reach(*engine, target, options), "Host::connect");
  } catch (...) {
    why = io::reason(std::current_exception());
  }
  if (why) {
    const std::string tried = "cannot connect to '" + uri + "'";
    throw Disconnected(why->message.starts_with(tried) ? *why : why->while_doing(tried));
  }
  std::shared_ptr<Connected> connected(new Connected(uri, engine, std::move(wire)));
  connected->live();
  connected->shake_hands(target, options);
  return connected;
}

Connected::Connected(std::string uri, std::shared_ptr<Engine> engine, std::shared_ptr<Wire> wire)
    : uri_(std::move(uri)), engine_(std::move(engine)), wire_(std::move(wire)) {}

void Connected::live() {
  std::promise<void> over;
  over_ = over.get_future();
  // The engine, too: the last handle may be dropped in a callback while this still runs.
  auto task = [](std::shared_ptr<Wire> wire, std::shared_ptr<Engine>) -> Task<> { co_await wire->live(); };
  asio::co_spawn(engine_->executor(), task(wire_, engine_),
                 [over = std::move(over)](const std::exception_ptr&) mutable { over.set_value(); });
}

void Connected::shake_hands(const Target& target, const ConnectOptions& options) {
  const Handshake made = engine_->wait(client::shake_hands(wire_, target, options, engine_->clock()), "Host::connect");
  if (made.failure) {
    const Error why = made.failure->while_doing("cannot connect to '" + uri_ + "'");
    throw_public(why, made.connection_lost);
  }
  extended_ = made.extended;
  weighs_ = made.weights;
}

Connected::~Connected() {
  if (engine_->on_its_thread()) {  // dropped by a callback, which cannot wait: the task holds what it needs
    wire_->close();
    return;
  }
  close();
  over_.wait();
  engine_->settle();
}

void Connected::close() {
  asio::post(engine_->executor(), [wire = wire_] { wire->close(); });
}

bool Connected::alive() const {
  return over_.wait_for(std::chrono::seconds(0)) != std::future_status::ready && !wire_->closed();
}

Buffer Connected::call(std::uint32_t program, const remote::Proc& proc, Buffer fields) {
  Answer answer = engine_->wait(ask(wire_, program, proc, std::move(fields)), "a call");
  if (!answer.reply) throw_public(answer.reply.error(), answer.connection_lost);
  return std::move(*answer.reply);
}

Stream Connected::open(std::uint32_t program, const remote::Proc& proc, Buffer fields) {
  auto exchange = std::make_shared<Exchange>(engine_, Directions::of_client(proc, fields));
  exchange->keep(shared_from_this());
  auto start = [wire = wire_, exchange, open = OpenStream{program, proc, std::move(fields)}]() mutable {
    wire->start(std::move(exchange), std::move(open));
  };
  asio::post(engine_->executor(), std::move(start));
  return Stream(std::move(exchange));
}

template <class Event, class Register>
std::shared_ptr<void> Connected::watch(typename Watchers<Event>::Told told, std::atomic<bool>& registered,
                                       Register ask) {
  auto add = [](Wire& wire, typename Watchers<Event>::Told watcher) -> Task<std::uint64_t> {
    co_return wire.template watchers<Event>().add(std::move(watcher));
  };
  const std::uint64_t id = engine_->wait(add(*wire_, std::move(told)), "Host::watch");
  std::shared_ptr<void> token(nullptr, [self = shared_from_this(), id](void*) {
    asio::post(self->engine_->executor(), [wire = self->wire_, id] { wire->template watchers<Event>().remove(id); });
  });
  if (!registered.exchange(true)) {  // the daemon is asked once; several watchers share what it tells
    try {
      ask();
    } catch (...) {
      registered = false;
      throw;
    }
  }
  return token;
}

std::shared_ptr<void> Connected::watch(Watchers<DomainEvent>::Told told) {
  constexpr std::int32_t lifecycle = 0;
  return watch<DomainEvent>(std::move(told), domains_registered_, [this] {
    static_cast<void>(call(remote::ConnectDomainEventCallbackRegisterAny{.event_id = lifecycle, .dom = std::nullopt}));
  });
}

std::shared_ptr<void> Connected::watch(Watchers<PoolEvent>::Told told) {
  constexpr std::int32_t lifecycle = 0, refresh = 1;
  return watch<PoolEvent>(std::move(told), pools_registered_, [this] {
    for (const std::int32_t event : {lifecycle, refresh}) {
      static_cast<void>(call(remote::ConnectStoragePoolEventRegisterAny{.event_id = event, .pool = std::nullopt}));
    }
  });
}

std::shared_ptr<void> Connected::watch(Watchers<StreamReport>::Told told, std::chrono::milliseconds interval) {
  // Of several watchers the daemon hears of the most eager one alone: what it would refuse must not be that.
  constexpr std::chrono::milliseconds least{100};
  if (interval < least) {
    throw Failure(Error{.code = Code::invalid_arg,
                        .message = "streams are reported every " + std::to_string(least.count()) +
                                   " ms at most, not every " + std::to_string(interval.count())});
  }
  struct Watched {
    std::uint64_t id = 0;
    std::optional<Error> failure;
    bool connection_lost = false;
  };
  auto add = [](std::shared_ptr<Wire> wire, Watchers<StreamReport>::Told watcher,
                std::chrono::milliseconds every) -> Task<Watched> {
    Watched watched;
    std::exception_ptr failed;
    try {
      watched.id = co_await wire->watch_streams(std::move(watcher), every);
    } catch (...) {
      failed = std::current_exception();
    }
    if (failed) {
      watched.failure = io::reason(failed);
      watched.connection_lost = wire->link().over();
    }
    co_return watched;
  };
  const Watched watched = engine_->wait(add(wire_, std::move(told), interval), "Host::watch_streams");
  if (watched.failure) throw_public(*watched.failure, watched.connection_lost);
  return {nullptr, [self = shared_from_this(), id = watched.id](void*) {
            asio::post(self->engine_->executor(), [wire = self->wire_, id] { wire->unwatch_streams(id); });
          }};
}

}  // namespace sluice::client
