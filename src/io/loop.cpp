#include "io/loop.h"

#include <algorithm>

#include "io/quiet_thread.h"

namespace sluice::io {

Loop::Loop() {
  const SignalsBlocked inherited;  // by the thread
  thread_ = std::thread([this] { context_.run(); });
}

void Loop::stop() {
  if (!thread_.joinable()) return;
  context_.stop();
  thread_.join();
}

Loops::Loops(std::size_t count) {
  for (std::size_t i = 0; i < std::max<std::size_t>(1, count); ++i) loops_.push_back(std::make_unique<Loop>());
}

Executor Loops::next() { return at(next_++ % loops_.size()); }

void Loops::stop() {
  for (const auto& loop : loops_) loop->stop();
}

}  // namespace sluice::io
