#include "link/core.h"

#include <utility>

namespace sluice::link {

Core::Core(io::Executor executor, session::Session session, io::Clock& clock)
    : executor_(std::move(executor)), session_(std::move(session)), clock_(clock) {}

Core::~Core() { end(Error{.code = Code::operation_aborted, .message = "the connection was closed"}); }

void Core::taken(const CallId& id, std::size_t cost) {
  session_.at(now());
  session_.taken(id, cost);
  touched();
}

void Core::touched() {
  if (over_ || !session_.braked()) readable.notify();
  if (over_ || session_.wants_to_send()) writable.notify();
  const auto first = session_.deadline();
  if (over_ || session_.has_events() || (first && (!waits_until || *first < *waits_until))) due.notify();
}

void Core::end(Error why) {
  if (over_) return;
  over_ = std::move(why);
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
  Conversation*& place = conversations_[id];
  Conversation* const before = std::exchange(place, &conversation);
  // The session had closed it already while its handler was still being stopped; now the serial is used again.
  if (before != nullptr) {
    before->lost(
        Error{.code = Code::operation_aborted, .message = "the stream is closed", .domain = ErrorDomain::streams});
  }
}

void Core::forget(const CallId& id) { conversations_.erase(id); }

Conversation* Core::find(const CallId& id) const {
  const auto at = conversations_.find(id);
  return at == conversations_.end() ? nullptr : at->second;
}

}  // namespace sluice::link
