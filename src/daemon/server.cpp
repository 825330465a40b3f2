#include "daemon/server.h"

#include <boost/asio/post.hpp>

#include "base/limits.h"
#include "daemon/failed_logins.h"
#include "io/failure.h"

namespace sluice::daemon {
namespace {

constexpr std::size_t strangers_max = 1'024;
constexpr std::chrono::seconds patience{120};  // with somebody who does not say who he is
constexpr std::chrono::seconds between_reports{10};

}  // namespace

// Of a client, from his coming to his going. Shared, because the loop on which he is served tells when he is known, and
// he may have gone when that is heard here.
struct Server::Visit {
  Visit(const Door& its_door, io::Executor its_loop, io::Logger its_log)
      : door(its_door), loop(std::move(its_loop)), log(std::move(its_log)) {}
  const Door& door;
  const io::Executor loop;
  const io::Logger log;
  std::string from;
  std::optional<Strangers::Seat> seat;  // while he is a stranger
  bool driven_out = false;
  io::Signal changed;
};

Server::Server(const io::Executor& executor, service::Service& service, io::Loops& loops, io::Clock& clock,
               io::Logger log)
    : executor_(executor),
      service_(service),
      loops_(loops),
      clock_(clock),
      log_(std::move(log)),
      strangers_(strangers_max) {}

void Server::listen(std::unique_ptr<io::Listener> listener, Rules rules) {
  doors_.push_back(std::make_unique<Door>(std::move(listener), std::move(rules)));
}

io::Task<> Server::run() {
  auto all = [this](io::Scope& connections) -> io::Task<> {
    auto doors = [this, &connections](io::Scope& scope) -> io::Task<> {
      for (const auto& door : doors_) scope.spawn(accept(*door, connections));
      co_await scope.join();
    };
    co_await io::scoped(doors);
  };
  co_await io::scoped(all);
}

io::Task<> Server::accept(Door& door, io::Scope& connections) {
  for (;;) {
    // One more than we can serve waits in the kernel's queue.
    co_await door.room.until([this] { return connections_ < limits::connections_max; });
    const io::Executor loop = loops_.next();
    std::unique_ptr<io::Transport> transport = co_await door.listener->accept(loop);
    ++connections_;
    connections.spawn(serve(std::move(transport), loop, door));
  }
}

io::Task<> Server::serve(std::unique_ptr<io::Transport> transport, io::Executor loop, const Door& door) {
  const auto visit = std::make_shared<Visit>(door, std::move(loop), log_.with({{"client", next_client_++}}));
  greet(visit, transport->peer());
  std::exception_ptr failed;
  try {
    auto stay = [&](io::Scope& scope) -> io::Task<> {
      scope.spawn(receive(visit, std::move(transport)));
      if (visit->seat) scope.spawn(see_out(visit));
      co_await scope.any();
    };
    co_await io::scoped(stay);
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed) tell_why(*visit, io::reason(failed));
  leave(*visit);
  --connections_;
  for (const auto& waiting : doors_) waiting->room.notify();
}

void Server::greet(const std::shared_ptr<Visit>& visit, const io::Identity& peer) {
  visit->from = peer.text();
  visit->log.debug("connected", {{"peer", visit->from}});
  if (!visit->door.rules.admit && !visit->door.rules.login) return;
  visit->seat = strangers_.enter(place_of(peer), [&visit = *visit] {
    visit.seat.reset();
    visit.driven_out = true;
    visit.changed.notify();
  });
}

io::Task<> Server::receive(std::shared_ptr<Visit> visit, std::unique_ptr<io::Transport> transport) {
  const Rules& rules = visit->door.rules;
  if (rules.admit) {
    auto admit = [&rules, carrier = std::move(transport)]() mutable { return rules.admit(std::move(carrier)); };
    transport = co_await io::on(visit->loop, std::move(admit));
    visit->log.info("let in", {{"peer", transport->peer().text()}});
  }
  auto known = [this, visit] {
    asio::post(executor_, [this, visit] {
      if (visit->seat) leave(*visit);  // or else he has gone, and we perhaps with him
    });
  };
  auto serving = [this, &rules, known, carrier = std::move(transport)]() mutable {
    return service_.serve(std::move(carrier), {.role = rules.role, .login = rules.login, .known = std::move(known)});
  };
  const Error why = co_await io::on(visit->loop, std::move(serving));
  visit->log.debug("disconnected", {{"why", why.message}});
}

// Ends with a Failure when a stranger is to go, and does not end while he, being known, may stay.
io::Task<> Server::see_out(std::shared_ptr<Visit> visit) {
  auto too_long = [this](Instant until) -> io::Task<> { co_await clock_.sleep_until(until); };
  auto either = [&](io::Scope& scope) -> io::Task<> {
    scope.spawn(visit->changed.until([&visit] { return visit->driven_out || !visit->seat; }));
    scope.spawn(too_long(clock_.now() + patience));
    co_await scope.any();
  };
  co_await io::scoped(either);
  if (visit->driven_out) io::fail(Code::resource_busy, "there are too many who have not shown who they are");
  if (visit->seat) {
    io::fail(Code::operation_timeout, "he has not shown within " + std::to_string(patience.count()) + " s who he is");
  }
  co_await visit->changed.until([] { return false; });
}

void Server::leave(Visit& visit) {
  if (!visit.seat) return;
  strangers_.leave(*std::exchange(visit.seat, std::nullopt));
  visit.changed.notify();
}

void Server::tell_why(const Visit& visit, const Error& why) {
  const bool ending = why.code == Code::operation_aborted;  // the daemon is
  if (!visit.seat && !visit.driven_out) {
    visit.log.debug("disconnected", {{"why", why.message}});
  } else if (ending || visit.driven_out) {
    visit.log.debug("not let in", {{"peer", visit.from}, {"why", why.message}});
  } else {
    visit.log.warning("not let in", {{"peer", visit.from}, {"why", why.message}});
  }
  if (!visit.driven_out) return;
  ++driven_out_;  // a flood must not become one of the log
  const Instant now = clock_.now();
  if (driven_out_logged_ != Instant{} && now - driven_out_logged_ < between_reports) return;
  driven_out_logged_ = now;
  log_.warning("too many clients have not shown who they are: the oldest make room",
               {{"sent_away", std::exchange(driven_out_, 0)}, {"last", visit.from}});
}

}  // namespace sluice::daemon
