#include "daemon/server.h"

#include "base/limits.h"
#include "io/failure.h"

namespace sluice::daemon {

Server::Server(const io::Executor& executor, service::Service& service, io::Loops& loops, io::Logger log)
    : executor_(executor), service_(service), loops_(loops), log_(std::move(log)) {}

void Server::listen(std::unique_ptr<io::Listener> listener, remote::Role role, Admit admit) {
  doors_.push_back(std::make_unique<Door>(std::move(listener), role, std::move(admit)));
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
  const io::Logger log = log_.with({{"client", next_client_++}});
  log.debug("connected", {{"peer", transport->peer().text()}});
  std::exception_ptr failed;
  Error why;
  try {
    auto serving = [this, carrier = std::move(transport), &door, &log]() mutable {
      return converse(std::move(carrier), door, log);
    };
    why = co_await io::on(loop, std::move(serving));
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed) why = io::reason(failed);
  --connections_;
  for (const auto& waiting : doors_) waiting->room.notify();
  log.debug("disconnected", {{"why", why.message}});
}

io::Task<Error> Server::converse(std::unique_ptr<io::Transport> transport, const Door& door, io::Logger log) {
  if (door.admit) {
    const std::string from = transport->peer().text();
    std::exception_ptr refused;
    try {
      transport = co_await door.admit(std::move(transport));
    } catch (...) {
      refused = std::current_exception();
    }
    if (refused) {
      const Error why = io::reason(refused);
      log.warning("not let in", {{"peer", from}, {"why", why.message}});
      co_return why;
    }
    log.info("let in", {{"peer", transport->peer().text()}});
  }
  co_return co_await service_.serve(std::move(transport), door.role);
}

}  // namespace sluice::daemon
