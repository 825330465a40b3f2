#include "client/handshake.h"

#include <algorithm>

#include "client/daemon.h"
#include "client/login.h"

namespace sluice::client {
namespace {

using io::Task;
using remote::Remote;

constexpr std::int32_t auth_sasl = 1, auth_polkit = 2;
constexpr std::int32_t keepalive_feature = 10;
constexpr std::uint32_t read_only = 1;
constexpr std::chrono::seconds patience_with_humans{300};

// Bits that keep others from reading. What anybody may pretend to be the other end of keeps nobody.
int encrypts_for(const Target& target, const io::Identity& peer) {
  return target.tls && !target.tls->verify ? 0 : peer.strength;
}

Task<> authenticate(Daemon& daemon, const std::vector<std::int32_t>& ways, Wire& wire, const Target& target,
                    const ConnectOptions& options) {
  const auto has = [&ways](std::int32_t way) { return std::ranges::find(ways, way) != ways.end(); };
  if (has(auth_polkit)) {
    static_cast<void>(co_await daemon.ask(remote::AuthPolkit{}));
  } else if (has(auth_sasl)) {
    LoginOptions login{.host = target.host(),
                       .strength = encrypts_for(target, wire.peer()),
                       .auth_file = target.auth_file,
                       .ask = options.ask};
    co_await log_in(daemon, wire.engine().disk(), std::move(login));
  }
}

Task<> open(link::Link& link, remote::ConnectOpen fields) {
  static_cast<void>(co_await link.call(Remote::number, remote::ConnectOpen::proc, xdr::encode(fields)));
}

Task<> introduce(Wire& wire, const Target& target, const ConnectOptions& options, io::Clock& clock) {
  link::Link& link = wire.link();
  Daemon daemon{.link = link, .clock = clock, .patience = options.keepalive * (options.keepalive_count + 1)};
  const auto patience = daemon.patience;
  // Until ssh has been told what it asks.
  if (target.ssh && target.ssh->ask && patience.count() > 0) daemon.patience = std::max(patience, patience_with_humans);
  const auto ways = co_await daemon.ask_if_known(remote::AuthList{});
  daemon.patience = patience;
  co_await authenticate(daemon, ways.types.items, wire, target, options);
  if (options.keepalive.count() > 0) {
    static_cast<void>(co_await daemon.ask_if_known(remote::ConnectSupportsFeature{.feature = keepalive_feature}));
  }
  remote::ConnectOpen fields{.name = target.name, .flags = options.read_only ? read_only : 0};
  auto both = [&]() -> Task<> {
    auto at_once = [&](io::Scope& scope) -> Task<> {  // both leave in one write
      scope.spawn(open(link, std::move(fields)));
      scope.spawn(link.hello());
      co_await scope.join();
    };
    co_await io::scoped(at_once);
  };
  co_await daemon.in_time(both);
}

}  // namespace

Task<Handshake> shake_hands(std::shared_ptr<Wire> wire, const Target& target, const ConnectOptions& options,
                            io::Clock& clock) {
  const link::Link& link = wire->link();
  std::exception_ptr failed;
  try {
    co_await introduce(*wire, target, options, clock);
  } catch (...) {
    failed = std::current_exception();
  }
  if (!failed) co_return Handshake{.extended = link.extended(), .weights = link.weights_possible()};
  const Error why = io::reason(failed);
  const bool unanswered = why.code == Code::operation_timeout || why.code == Code::no_connect;
  co_return Handshake{.failure = why, .connection_lost = why.code != Code::auth_failed && (link.over() || unanswered)};
}

}  // namespace sluice::client
