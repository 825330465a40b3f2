#pragma once
// A Runtime is the one hidden thread on which connections live: it carries bytes and answers the daemon's pings while
// the application does something else. Who does not ask gets a default one, which starts with the first connection and
// ends with the last.
//
//   Runtime runtime;
//   Host host = Host::connect("qemu:///system", {.runtime = runtime});
//
// Callbacks (Stream::on_readable and its kind, events) run on the hidden thread and must not block there. A program
// with an event loop of its own takes them to its own thread instead:
//
//   poll({runtime.event_fd(), POLLIN});  runtime.dispatch();          // runs what is due, here
//
// A Runtime is a handle: copies name the same thread, which ends with the last handle, connection and stream.

#include <memory>

namespace sluice {
namespace client {
class Engine;
}
inline namespace v1 {

class [[gnu::visibility("default")]] Runtime {
 public:
  Runtime();                    // one of its own
  static Runtime by_default();  // the one that connections share

  // Becomes readable when callbacks are due; belongs to the runtime. From the first call on callbacks wait for
  // dispatch().
  int event_fd();
  // Runs the callbacks that are due on this thread and returns how many there were; never blocks.
  std::size_t dispatch();

  explicit Runtime(std::shared_ptr<client::Engine> engine);
  const std::shared_ptr<client::Engine>& engine() const { return engine_; }

 private:
  std::shared_ptr<client::Engine> engine_;
};

}  // namespace v1
}  // namespace sluice
