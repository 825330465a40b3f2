#pragma once
// The daemon behind test:///default: the service of machines over the host of memory, in this process and on its loop.
//
//   MemoryDaemon daemon(engine);
//   auto transport = daemon.connect();                // the client's end
//   co_await daemon.serve();                          // until that end is closed

#include <memory>

#include "client/engine.h"
#include "driver/memory_host.h"
#include "io/transport.h"

namespace sluice::client {

class MemoryDaemon {
 public:
  explicit MemoryDaemon(Engine& engine);
  std::unique_ptr<io::Transport> connect();  // once
  io::Task<> serve();                        // the last one that ends takes the host with it

 private:
  Engine& engine_;
  std::shared_ptr<driver::MemoryHost> host_;  // shared by the connections of a runtime, so that one can watch another
  std::unique_ptr<io::Transport> our_end_;
};

}  // namespace sluice::client
