#include "client/carry.h"

#include "io/failure.h"
#include "io/scope.h"

namespace sluice::client {
namespace {

using io::Task;
using Wired = std::unique_ptr<link::Outgoing>;

Task<> send_and_finish(Exchange& exchange, link::Outgoing& wired) {
  auto send = [&exchange, &wired](io::Scope& scope) -> Task<> {
    scope.spawn(exchange.to_wire(exchange.may().writes ? &wired.out() : nullptr));
    scope.spawn(wired.until_failed());
    co_await scope.any();
  };
  co_await io::scoped(send);
  Buffer result = co_await wired.finish();
  exchange.settle(std::move(result));
}

// Until the stream is finished and confirmed. `wired` is there as soon as the stream is open.
Task<> converse(Exchange& exchange, link::Link& link, OpenStream& open, Wired& wired) {
  wired = co_await link.open(open.program, open.proc, std::move(open.fields), {.reply_last = true});
  exchange.steered_by({.limit = [&wired](std::uint64_t bytes_per_second) { wired->limit(bytes_per_second); },
                       .weigh = [&wired](std::uint32_t weight) { wired->weigh(weight); }});
  auto both_ways = [&exchange, &wired](io::Scope& scope) -> Task<> {
    scope.spawn(send_and_finish(exchange, *wired));
    if (exchange.may().reads) scope.spawn(exchange.from_wire(wired->in()));
    co_await scope.join();
  };
  co_await io::scoped(both_ways);
}

}  // namespace

Task<> carry(std::shared_ptr<Exchange> exchange, link::Link& link, OpenStream open) {
  Wired wired;
  std::exception_ptr failed;
  try {
    auto body = [&](io::Scope& scope) -> Task<> {
      scope.spawn(converse(*exchange, link, open, wired));
      scope.spawn(exchange->until_given_up());
      co_await scope.any();
    };
    co_await io::scoped(body);
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed) exchange->fail(io::reason(failed), link.over());
  if (const auto why = exchange->failure(); why && wired && !link.over()) {
    // The next transfer can begin when this one was given up on both sides.
    std::exception_ptr ignored;
    wired->abort(*why);
    try {
      co_await wired->aborted();
    } catch (...) {
      ignored = std::current_exception();  // the connection ended meanwhile
    }
  }
  exchange->steered_by({});
  wired.reset();
  exchange->over();
}

}  // namespace sluice::client
