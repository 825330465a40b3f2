#pragma once
// Daemon: calls of a client that is being let in. A daemon that does not answer one in time is given up; a human who is
// asked for a password between two of them is not.
//
//   Daemon daemon{link, clock, patience};
//   auto ways = co_await daemon.ask(remote::AuthList{});

#include <chrono>
#include <utility>

#include "io/clock.h"
#include "io/failure.h"
#include "io/scope.h"
#include "link/link.h"
#include "remote/remote.h"
#include "xdr/codec.h"

namespace sluice::client {

struct Daemon {
  link::Link& link;
  io::Clock& clock;
  std::chrono::seconds patience;  // zero: it may take as long as it likes

  template <class P>
  io::Task<typename P::Reply> ask(P fields) {
    Buffer reply;
    auto call = [&]() -> io::Task<> {
      reply = co_await link.call(remote::Remote::number, P::proc, xdr::encode(fields));
    };
    co_await in_time(call);
    auto decoded = xdr::decode_front<typename P::Reply>(reply);
    if (!decoded) throw io::Failure(std::move(decoded.error()));
    co_return std::move(decoded->value);
  }

  // Old daemons do not know every question; who does not know it has nothing to say about it.
  template <class P>
  io::Task<typename P::Reply> ask_if_known(P fields) {
    std::exception_ptr failed;
    typename P::Reply reply{};
    try {
      reply = co_await ask(std::move(fields));
    } catch (...) {
      failed = std::current_exception();
    }
    if (failed && (link.over() || io::reason(failed).origin != Origin::remote)) std::rethrow_exception(failed);
    co_return reply;
  }

  template <class Do>
  io::Task<> in_time(Do work) {
    auto both = [&](io::Scope& scope) -> io::Task<> {
      scope.spawn(work());
      if (patience.count() > 0) scope.spawn(give_up());
      co_await scope.any();
    };
    co_await io::scoped(both);
  }

  io::Task<> give_up() {
    co_await clock.sleep_until(clock.now() + patience);
    io::fail(Code::operation_timeout, "the daemon did not answer within " + std::to_string(patience.count()) + " s");
  }
};

}  // namespace sluice::client
