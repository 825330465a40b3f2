#include "link/core.h"

#include <algorithm>
#include <vector>

#include "base/assert.h"

namespace sluice::link {

Core::Core(io::Executor executor, session::Session session, io::Clock& clock)
    : readable(executor),
      writable(executor),
      due(executor),
      ended(executor),
      executor_(std::move(executor)),
      session_(std::move(session)),
      clock_(clock) {}

Core::~Core() { end(Error{.code = Code::operation_aborted, .message = "the connection was closed"}); }

void Core::touched() {
  if (over_ || !session_.braked()) readable.notify();
  if (over_ || session_.wants_to_send()) writable.notify();
  const auto first = deadline();
  if (over_ || (first && (!waits_until || *first < *waits_until))) due.notify();
}

void Core::end(Error why) {
  if (over_) return;
  over_ = std::move(why);
  reminders_.clear();
  while (!conversations_.empty()) {
    Conversation* const conversation = conversations_.begin()->second;
    conversations_.erase(conversations_.begin());
    conversation->lost(*over_);
  }
  touched();
  ended.notify();
}

void Core::leave_when_sent() {
  leaving_ = true;
  writable.notify();
}

void Core::enter(const CallId& id, Conversation& conversation) {
  if (over_) return conversation.lost(*over_);
  const bool fresh = conversations_.emplace(id, &conversation).second;
  ensure(fresh, "the session refuses a serial that is in use");
}

void Core::forget(const CallId& id) {
  conversations_.erase(id);
  reminders_.erase(id);
}

Conversation* Core::find(const CallId& id) const {
  const auto at = conversations_.find(id);
  return at == conversations_.end() ? nullptr : at->second;
}

void Core::remind(const CallId& id, Instant when) {
  reminders_[id] = when;
  touched();
}

std::optional<Instant> Core::deadline() const {
  std::optional<Instant> first = session_.deadline();
  for (const auto& [id, when] : reminders_) first = first ? std::min(*first, when) : when;
  return first;
}

void Core::tick() {
  const Instant present = now();
  session_.tick(present);
  std::vector<CallId> overdue;
  for (const auto& [id, when] : reminders_) {
    if (when <= present) overdue.push_back(id);
  }
  for (const CallId& id : overdue) {
    reminders_.erase(id);
    if (Conversation* const conversation = find(id)) conversation->overdue();
  }
}

}  // namespace sluice::link
