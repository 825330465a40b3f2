#include "daemon/server.h"

#include "base/limits.h"
#include "io/failure.h"

namespace sluice::daemon {
namespace {

// Strangers of one door who have not shown yet who they are: they must not take all the places of those who have.
constexpr std::size_t entering_max = 1'024;

}  // namespace

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
    co_await door.room.until([this, &door] {
      return connections_ < limits::connections_max && (!door.admit || door.entering < entering_max);
    });
    const io::Executor loop = loops_.next();
    std::unique_ptr<io::Transport> transport = co_await door.listener->accept(loop);
    ++connections_;
    connections.spawn(serve(std::move(transport), loop, door));
  }
}

io::Task<> Server::serve(std::unique_ptr<io::Transport> transport, io::Executor loop, Door& door) {
  const io::Logger log = log_.with({{"client", next_client_++}});
  log.debug("connected", {{"peer", transport->peer().text()}});
  if (door.admit) transport = co_await let_in(std::move(transport), loop, door, log);
  if (transport) {
    auto serving = [this, carrier = std::move(transport), &door]() mutable {
      return service_.serve(std::move(carrier), door.role);
    };
    std::exception_ptr failed;
    Error why;
    try {
      why = co_await io::on(loop, std::move(serving));
    } catch (...) {
      failed = std::current_exception();
    }
    if (failed) why = io::reason(failed);
    log.debug("disconnected", {{"why", why.message}});
  }
  --connections_;
  for (const auto& waiting : doors_) waiting->room.notify();
}

io::Task<std::unique_ptr<io::Transport>> Server::let_in(std::unique_ptr<io::Transport> transport, io::Executor loop,
                                                        Door& door, io::Logger log) {
  const std::string from = transport->peer().text();
  ++door.entering;
  std::exception_ptr refused;
  try {
    auto admit = [&door, carrier = std::move(transport)]() mutable { return door.admit(std::move(carrier)); };
    transport = co_await io::on(loop, std::move(admit));
  } catch (...) {
    refused = std::current_exception();
  }
  --door.entering;
  door.room.notify();
  if (!refused) {
    log.info("let in", {{"peer", transport->peer().text()}});
    co_return std::move(transport);
  }
  const Error why = io::reason(refused);
  const bool ending = why.code == Code::operation_aborted;  // the daemon is
  ending ? log.debug("not let in", {{"peer", from}})
         : log.warning("not let in", {{"peer", from}, {"why", why.message}});
  co_return nullptr;
}

}  // namespace sluice::daemon
