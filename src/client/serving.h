#pragma once
// Serving: what stands behind a Server: a listener and its connections on a loop of their own, handlers on threads of
// their own, and the answering of one call, where both meet over an Exchange.

#include <future>
#include <map>
#include <memory>
#include <vector>

#include "client/exchange.h"
#include "io/disk.h"
#include "io/unix_socket.h"
#include "service/connection.h"
#include "sluice/service.h"

namespace sluice::client {

class Serving {
 public:
  explicit Serving(ServerOptions options);
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;
  ~Serving() { stop(); }

  void on(const ProgramInfo& program, const Proc& proc, Server::Raw handler);
  void start();
  void stop();

 private:
  using Handler = std::shared_ptr<const Server::Raw>;
  struct Served {
    ProgramInfo info;
    std::map<std::int32_t, Handler> handlers;
  };

  io::Task<> listen();
  io::Task<> live();
  io::Task<> accept_all(io::Scope& scope);
  io::Task<> serve(std::unique_ptr<io::Transport> transport);
  io::Task<Buffer> answer(const Served& served, link::Incoming& call);
  io::Task<Buffer> answer_stream(Handler handler, link::Incoming& call);

  const ServerOptions options_;
  std::vector<Served> programs_;
  std::shared_ptr<Engine> engine_;  // while it runs
  std::unique_ptr<io::Disk> threads_;
  std::unique_ptr<io::UnixListener> listener_;
  std::unique_ptr<io::Signal> stop_;
  bool stopping_ = false;  // on the loop
  std::future<void> over_;
};

}  // namespace sluice::client
