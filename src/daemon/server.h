#pragma once
// The server accepts clients and gives each connection a loop of its own to live on.
//
//   Server server(executor, service, loops, clock, log);
//   server.listen(std::make_unique<io::UnixListener>(executor, where), {.role = service::anybody_is(Role::admin)});
//   co_await server.run();                                 // until cancelled; then every connection is over
//
// Clients of doors that ask who they are, are strangers until they have shown it (strangers.h), and have two minutes
// for it: that is enough to type a password.

#include <vector>

#include "daemon/strangers.h"
#include "io/clock.h"

#include "io/log.h"
#include "io/loop.h"
#include "io/scope.h"
#include "io/transport.h"
#include "service/service.h"

namespace sluice::daemon {

class Server {
 public:
  // `executor` is where the listeners live and where run() is called.
  Server(const io::Executor& executor, service::Service& service, io::Loops& loops, io::Clock& clock, io::Logger log);

  // Secures a transport, or refuses it with a Failure; on the loop on which the connection will live.
  using Admit = std::function<io::Task<std::unique_ptr<io::Transport>>(std::unique_ptr<io::Transport>)>;
  struct Rules {
    std::function<remote::Role(const io::Identity&)> role;  // of those who come through it
    Admit admit = {};                                       // none: they come as they are
    service::NewLogin login = {};                           // none: what their transport says of them is enough
  };
  void listen(std::unique_ptr<io::Listener> listener, Rules rules);
  io::Task<> run();

 private:
  struct Door {
    Door(std::unique_ptr<io::Listener> its_listener, Rules its_rules)
        : listener(std::move(its_listener)), rules(std::move(its_rules)) {}
    const std::unique_ptr<io::Listener> listener;
    const Rules rules;
    io::Signal room;  // for another client
  };
  struct Visit;
  io::Task<> accept(Door& door, io::Scope& connections);
  io::Task<> serve(std::unique_ptr<io::Transport> transport, io::Executor loop, const Door& door);
  io::Task<> receive(std::shared_ptr<Visit> visit, std::unique_ptr<io::Transport> transport);
  io::Task<> see_out(std::shared_ptr<Visit> visit);
  void greet(const std::shared_ptr<Visit>& visit, const io::Identity& peer);
  void leave(Visit& visit);
  void tell_why(const Visit& visit, const Error& why);

  io::Executor executor_;
  service::Service& service_;
  io::Loops& loops_;
  io::Clock& clock_;
  io::Logger log_;
  Strangers strangers_;
  std::size_t driven_out_ = 0;  // since it was logged
  Instant driven_out_logged_{};
  std::vector<std::unique_ptr<Door>> doors_;
  std::size_t connections_ = 0;
  std::uint64_t next_client_ = 1;
};

}  // namespace sluice::daemon
