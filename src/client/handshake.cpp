#include "client/handshake.h"

#include <algorithm>

#include "io/failure.h"
#include "remote/remote.h"
#include "xdr/codec.h"

namespace sluice::client {
namespace {

using io::Task;
using remote::Remote;

constexpr std::int32_t auth_sasl = 1, auth_polkit = 2;
constexpr std::int32_t keepalive_feature = 10;
constexpr std::uint32_t read_only = 1;

template <class P>
Task<typename P::Reply> ask(link::Link& link, P fields) {
  const Buffer reply = co_await link.call(Remote::number, P::proc, xdr::encode(fields));
  auto decoded = xdr::decode_front<typename P::Reply>(reply);
  if (!decoded) throw io::Failure(std::move(decoded.error()));
  co_return std::move(decoded->value);
}

// Old daemons do not know every question; who does not know it has nothing to say about it.
template <class P>
Task<typename P::Reply> ask_if_known(link::Link& link, P fields) {
  std::exception_ptr failed;
  typename P::Reply reply{};
  try {
    reply = co_await ask(link, std::move(fields));
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed && (link.over() || io::reason(failed).origin != Origin::remote)) std::rethrow_exception(failed);
  co_return reply;
}

Task<> authenticate(link::Link& link) {
  const auto ways = co_await ask_if_known(link, remote::AuthList{});
  const auto has = [&ways](std::int32_t way) {
    return std::ranges::find(ways.types.items, way) != ways.types.items.end();
  };
  if (has(auth_polkit)) {
    static_cast<void>(co_await ask(link, remote::AuthPolkit{}));
  } else if (has(auth_sasl)) {
    io::fail(Code::auth_failed, "the daemon asks for SASL, which this client does not speak yet", ErrorDomain::rpc);
  }
}

Task<> open(link::Link& link, remote::ConnectOpen fields) { static_cast<void>(co_await ask(link, std::move(fields))); }

Task<> introduce(link::Link& link, std::string name, const ConnectOptions& options) {
  co_await authenticate(link);
  if (options.keepalive.count() > 0) {
    static_cast<void>(co_await ask_if_known(link, remote::ConnectSupportsFeature{.feature = keepalive_feature}));
  }
  remote::ConnectOpen fields{.name = std::move(name), .flags = options.read_only ? read_only : 0};
  auto at_once = [&](io::Scope& scope) -> Task<> {  // both leave in one write
    scope.spawn(open(link, std::move(fields)));
    scope.spawn(link.hello());
    co_await scope.join();
  };
  co_await io::scoped(at_once);
}

Task<> give_up(io::Clock& clock, std::chrono::seconds patience) {
  co_await clock.sleep_until(clock.now() + patience);
  io::fail(Code::operation_timeout, "the daemon did not answer within " + std::to_string(patience.count()) + " s");
}

}  // namespace

Task<Handshake> shake_hands(std::shared_ptr<Wire> wire, const std::string& name, const ConnectOptions& options,
                            io::Clock& clock) {
  link::Link& link = wire->link();
  const std::chrono::seconds patience = options.keepalive * (options.keepalive_count + 1);
  std::exception_ptr failed;
  try {
    auto body = [&](io::Scope& scope) -> Task<> {
      scope.spawn(introduce(link, name, options));
      if (patience.count() > 0) scope.spawn(give_up(clock, patience));
      co_await scope.any();
    };
    co_await io::scoped(body);
  } catch (...) {
    failed = std::current_exception();
  }
  if (!failed) co_return Handshake{.extended = link.extended(), .weights = link.weights_possible()};
  const Error why = io::reason(failed);
  const bool unanswered = why.code == Code::operation_timeout || why.code == Code::no_connect;
  co_return Handshake{.failure = why, .connection_lost = link.over() || unanswered};
}

}  // namespace sluice::client
