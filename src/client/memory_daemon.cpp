#include "client/memory_daemon.h"

#include "service/service.h"

namespace sluice::client {

MemoryDaemon::MemoryDaemon(Engine& engine) : engine_(engine), host_(engine.memory_host.lock()) {
  if (host_) return;
  host_ = driver::MemoryHost::with_default_machine(engine.executor(), engine.clock());
  engine.memory_host = host_;
}

std::unique_ptr<io::Transport> MemoryDaemon::connect() {
  auto [theirs, ours] = io::memory_transports(engine_.executor(), engine_.executor());
  our_end_ = std::move(ours);
  return std::move(theirs);
}

io::Task<> MemoryDaemon::serve() {
  service::Service service(*host_, engine_.disk(), engine_.clock(), {.default_uri = "test:///default"});
  auto serve_client = [&]() -> io::Task<> {
    static_cast<void>(co_await service.serve(std::move(our_end_), {.role = service::anybody_is(remote::Role::admin)}));
  };
  auto leave = [this]() -> io::Task<> {
    if (host_.use_count() > 1) co_return;
    engine_.memory_host.reset();  // who connects from now on gets a new one
    co_await host_->close();
  };
  co_await io::finally(serve_client, leave);
}

}  // namespace sluice::client
