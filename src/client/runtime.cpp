#include "sluice/runtime.h"

#include "client/engine.h"
#include "io/failure.h"
#include "sluice/error.h"

namespace sluice {
inline namespace v1 {

Runtime::Runtime() : engine_(client::Engine::start()) {}
Runtime::Runtime(std::shared_ptr<client::Engine> engine) : engine_(std::move(engine)) {}
Runtime Runtime::by_default() { return Runtime(client::Engine::shared()); }

int Runtime::event_fd() {
  try {
    return engine_->event_fd();
  } catch (const io::Failure& failure) {
    throw Failure(failure.error);
  }
}

std::size_t Runtime::dispatch() { return engine_->dispatch(); }

}  // namespace v1
}  // namespace sluice
