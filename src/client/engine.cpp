#include "client/engine.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <future>
#include <stdexcept>
#include <thread>

#include "base/error.h"
#include "io/failure.h"

namespace sluice::client {
namespace {

// A callback may hold the last handle of everything. The loop's thread cannot wait for its own end, so in that case a
// thread that does nothing else does.
void end(Engine* engine) {
  if (!engine->on_its_thread()) {
    delete engine;
    return;
  }
  std::thread([engine] { delete engine; }).detach();
}

}  // namespace

std::shared_ptr<Engine> Engine::owned() { return {new Engine, end}; }

std::shared_ptr<Engine> Engine::start() { return owned(); }

std::shared_ptr<Engine> Engine::shared() {
  static std::mutex mutex;
  static std::weak_ptr<Engine> current;
  const std::lock_guard lock(mutex);
  auto engine = current.lock();
  if (!engine) current = engine = owned();
  return engine;
}

void Engine::refuse_its_thread(const char* what) const {
  if (on_its_thread()) {
    throw std::logic_error(std::string(what) + " would wait for the thread it was called on: callbacks must not block");
  }
}

void Engine::settle() {
  std::promise<void> reached;
  asio::post(executor(), [&reached] { reached.set_value(); });
  reached.get_future().wait();
}

void Engine::call_back(std::function<void()> due) {
  {
    const std::lock_guard lock(mutex_);
    if (event_) {
      due_.push_back(std::move(due));
      const std::uint64_t one = 1;
      static_cast<void>(!::write(event_.get(), &one, sizeof one));  // a full counter is readable, too
      return;
    }
  }
  asio::post(executor(), std::move(due));
}

int Engine::event_fd() {
  const std::lock_guard lock(mutex_);
  if (!event_) {
    const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) throw io::Failure(system_failure("cannot make an event descriptor", errno));
    event_ = io::Fd(fd);
  }
  return event_.get();
}

std::size_t Engine::dispatch() {
  std::deque<std::function<void()>> due;
  {
    const std::lock_guard lock(mutex_);
    if (!event_) return 0;
    std::uint64_t count = 0;
    static_cast<void>(!::read(event_.get(), &count, sizeof count));
    due.swap(due_);
  }
  for (const auto& call : due) call();
  return due.size();
}

}  // namespace sluice::client
