#pragma once
// The server accepts clients and gives each connection a loop of its own to live on.
//
//   Server server(service, loops, log);
//   server.listen(std::make_unique<io::UnixListener>(executor, where), Role::admin);
//   co_await server.run();                                 // until cancelled; then every connection is over

#include <vector>

#include "io/log.h"
#include "io/loop.h"
#include "io/scope.h"
#include "io/transport.h"
#include "service/service.h"

namespace sluice::daemon {

class Server {
 public:
  // `executor` is where the listeners live and where run() is called.
  Server(const io::Executor& executor, service::Service& service, io::Loops& loops, io::Logger log);

  // Secures a transport, or refuses it with a Failure; on the loop on which the connection will live.
  using Admit = std::function<io::Task<std::unique_ptr<io::Transport>>(std::unique_ptr<io::Transport>)>;
  // With the role of those who come through it. No `admit`: they come as they are.
  void listen(std::unique_ptr<io::Listener> listener, remote::Role role, Admit admit = {});
  io::Task<> run();

 private:
  struct Door {
    Door(std::unique_ptr<io::Listener> its_listener, remote::Role its_role, Admit its_admit)
        : listener(std::move(its_listener)), role(its_role), admit(std::move(its_admit)) {}
    const std::unique_ptr<io::Listener> listener;
    const remote::Role role;
    const Admit admit;
    std::size_t entering = 0;  // are being admitted
    io::Signal room;           // for another client
  };
  io::Task<> accept(Door& door, io::Scope& connections);
  io::Task<> serve(std::unique_ptr<io::Transport> transport, io::Executor loop, Door& door);
  // Null: he is not, and the log says why.
  io::Task<std::unique_ptr<io::Transport>> let_in(std::unique_ptr<io::Transport> transport, io::Executor loop,
                                                  Door& door, io::Logger log);

  io::Executor executor_;
  service::Service& service_;
  io::Loops& loops_;
  io::Logger log_;
  std::vector<std::unique_ptr<Door>> doors_;
  std::size_t connections_ = 0;
  std::uint64_t next_client_ = 1;
};

}  // namespace sluice::daemon
