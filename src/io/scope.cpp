#include "io/scope.h"

namespace sluice::io {

void Scope::spawn(Task<> task) {
  if (!closing_) start(contained(std::move(task)), tasks_.emplace(tasks_.end()));
}

// What the task itself holds may be told, for it has not begun.
void Scope::spawn(Task<> task, One& one) {
  if (closing_) return;
  const auto entry = tasks_.emplace(tasks_.end());
  one.signal_ = &*entry;
  start(std::move(task), entry);
}

// Thousands of tasks may wait: the handler is called where its task ran, without being bound to that.
void Scope::start(Task<> task, Tasks::iterator entry) {
  auto ended = [this, entry](const std::exception_ptr& failed) {
    if (failed && !first_ && !closing_) first_ = failed;
    ++ended_;
    tasks_.erase(entry);
    changed_.notify();
  };
  asio::co_spawn(executor_, std::move(task), asio::bind_cancellation_slot(entry->slot(), std::move(ended)));
}

void Scope::cancel() {
  for (auto it = tasks_.begin(); it != tasks_.end();) (it++)->emit(asio::cancellation_type::terminal);
}

Task<> Scope::join() {
  co_await changed_.until([this] { return tasks_.empty() || first_; });
  if (first_) std::rethrow_exception(first_);
}

Task<> Scope::any() {
  co_await changed_.until([this] { return ended_ > 0; });
  if (first_) std::rethrow_exception(first_);
}

Task<> Scope::close() {
  closing_ = true;
  cancel();
  co_await changed_.until([this] { return tasks_.empty(); });
}

}  // namespace sluice::io
