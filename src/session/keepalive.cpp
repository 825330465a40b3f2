#include "session/keepalive.h"

#include <utility>

#include "base/assert.h"

namespace sluice::session {

Keepalive::Due Keepalive::tick(Instant now, bool braked) {
  if (state_ == KeepaliveState::off || state_ == KeepaliveState::dead) return Due::none;
  if (!since_) since_ = now;
  if (now - *since_ < interval_) return Due::none;
  since_ = now;
  if (std::exchange(heard_, false)) {
    unanswered_ = 0;
    take(KeepaliveInput::heard);
    if (!braked) return Due::none;
  }
  if (!braked && unanswered_ == count_) return take(KeepaliveInput::worn_out);
  if (!braked) ++unanswered_;
  return take(KeepaliveInput::silence);
}

void Keepalive::enable() {
  if (interval_ > Duration::zero()) take(KeepaliveInput::enable);
}

std::optional<Instant> Keepalive::deadline() const {
  if (state_ == KeepaliveState::off || state_ == KeepaliveState::dead) return std::nullopt;
  return since_ ? *since_ + interval_ : Instant::min();
}

Keepalive::Due Keepalive::take(KeepaliveInput input) {
  const auto* row = step(keepalive_rows, state_, input);
  ensure(row != nullptr, "keepalive steps by its table");
  state_ = row->to;
  return row->action;
}

}  // namespace sluice::session
