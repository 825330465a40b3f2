#include "client/carry.h"

#include "io/failure.h"
#include "io/scope.h"

namespace sluice::client {
namespace {

using io::Task;
using Wired = std::unique_ptr<link::Outgoing>;

Task<> send_and_finish(Exchange& exchange, link::Outgoing& wired) {
  co_await wired.opened();
  auto send = [&exchange, &wired](io::Scope& scope) -> Task<> {
    scope.spawn(exchange.to_wire(exchange.may().writes ? &wired.out() : nullptr));
    scope.spawn(wired.until_failed());
    co_await scope.any();
  };
  co_await io::scoped(send);
  Buffer result = co_await wired.finish();
  exchange.settle(std::move(result));
}

// Until the stream is finished and confirmed. Reading begins at once: the daemon may know before it has opened it.
Task<> converse(Exchange& exchange, link::Outgoing& wired) {
  auto both_ways = [&exchange, &wired](io::Scope& scope) -> Task<> {
    scope.spawn(send_and_finish(exchange, wired));
    if (exchange.may().reads) scope.spawn(exchange.from_wire(wired.in()));
    co_await scope.join();
  };
  co_await io::scoped(both_ways);
}

Task<> converse_until_given_up(Exchange& exchange, link::Outgoing& wired) {
  auto body = [&exchange, &wired](io::Scope& scope) -> Task<> {
    scope.spawn(converse(exchange, wired));
    scope.spawn(exchange.until_given_up());
    co_await scope.any();
  };
  co_await io::scoped(body);
}

// The next transfer can begin when this one was given up on both sides.
Task<> give_up(const Exchange& exchange, link::Outgoing& wired) {
  wired.abort(*exchange.failure());
  co_await wired.aborted();
}

}  // namespace

Task<> carry(std::shared_ptr<Exchange> exchange, link::Link& link, OpenStream open, std::shared_ptr<void> opening) {
  Wired wired;
  std::exception_ptr failed;
  try {
    wired = link.begin(open.program, open.proc, std::move(open.fields), {.reply_last = true, .reads_later = true});
    const auto changed = [&] {
      if (wired->settled()) opening.reset();
      exchange->look();
    };
    wired->when_changed(changed);
    changed();
    exchange->steered_by({.limit = [&wired](std::uint64_t bytes_per_second) { wired->limit(bytes_per_second); },
                          .weigh = [&wired](std::uint32_t weight) { wired->weigh(weight); }});
    // Most of many streams stand here: this task and what it waits for are all that they cost.
    Task<> idle = exchange->until_used([&wired] { return wired->failed(); });
    co_await std::move(idle);
    co_await converse_until_given_up(*exchange, *wired);
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed) exchange->fail(io::reason(failed), link.over());
  if (wired && exchange->failure() && !link.over()) {
    std::exception_ptr ignored;
    try {
      Task<> end = give_up(*exchange, *wired);
      co_await std::move(end);
    } catch (...) {
      ignored = std::current_exception();  // the connection ended meanwhile
    }
  }
  exchange->steered_by({});
  wired.reset();
  opening.reset();
  exchange->over();
}

}  // namespace sluice::client
