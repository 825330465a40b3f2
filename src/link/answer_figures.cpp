// What others than its client see of a stream, and do to it.

#include "link/answer.h"

namespace sluice::link {
namespace {

using remote::StreamPhase;
using remote::StreamWait;

StreamPhase phase_of(session::Phase phase) {
  switch (phase) {
    case session::Phase::opening: return StreamPhase::opening;
    case session::Phase::open: return StreamPhase::open;
    case session::Phase::finishing: return StreamPhase::finishing;
    case session::Phase::aborting: return StreamPhase::aborting;
    case session::Phase::over: break;
  }
  return StreamPhase::over;
}

}  // namespace

Figures Answer::figures() const {
  Figures figures{.about = about_, .out = out_, .limit = limit_, .copied = copied_};
  if (core_ == nullptr) {  // its client is lost; the handler may still be letting go of what it holds
    figures.phase = StreamPhase::aborting;
    figures.waits = about_.behind;
  } else {
    const session::Standing standing = core_->session().standing(call_.id);
    figures.phase = phase_of(standing.phase);
    figures.waits = waits(standing);
    figures.weight = standing.weight;
    if (sent_) figures.rate = sent_->rate(core_->now());
    figures.window = down() ? standing.may_send : standing.may_arrive;
  }
  if (outbox_) {
    figures.held += outbox_->held();
    figures.copied += outbox_->copied();
  }
  if (source_) {
    figures.held += inbox_->held();
    figures.in = source_->bytes();
    figures.copied += source_->copied();
    figures.rate += source_->rate();
  }
  return figures;
}

// Bytes that are here wait for whoever takes them; where none are, whoever makes them is waited for, unless none are
// made because nobody would take them. A client that sends nothing is not waited for: that is his affair.
StreamWait Answer::waits(const session::Standing& standing) const {
  if (standing.phase == session::Phase::opening) return about_.behind;
  switch (standing.sends) {
    case session::Sends::window: return StreamWait::window;
    case session::Sends::rate: return StreamWait::rate;
    case session::Sends::transport: return StreamWait::socket;
    case session::Sends::nothing:
    case session::Sends::all: break;
  }
  if (!up()) {
    if (standing.sends == session::Sends::all) return StreamWait::nothing;
    return core_->session().wants(call_.id) ? about_.behind : StreamWait::window;
  }
  if (source_->waits()) return StreamWait::rate;
  const bool all_came = peer_ == Peer::finished;
  if (inbox_->held() > 0 || (all_came && !down())) return about_.behind;
  return core_->session().braked() ? StreamWait::budget : StreamWait::nothing;
}

std::uint64_t Answer::limit(std::uint64_t bytes_per_second) {
  if (core_ == nullptr) return 0;
  if (source_) limit_ = source_->limit(bytes_per_second);
  if (outbox_) limit_ = core_->session().limit(call_.id, bytes_per_second, core_->now());
  core_->touched();
  return limit_;
}

bool Answer::weigh(std::uint32_t weight) {
  if (core_ == nullptr) return false;
  const bool heeded = core_->session().weigh(call_.id, weight);
  core_->touched();
  return heeded;
}

bool Answer::cancel(Error why) {
  const bool ending = down() && peer_ != Peer::there;
  if (core_ == nullptr || cancelled_ || peer_ == Peer::aborted || ending) return false;
  cancelled_ = std::make_unique<Error>(std::move(why));
  if (peer_ == Peer::there) {
    core_->session().fail(call_.id, *cancelled_);
    close();
  }
  stop_handler(*cancelled_);
  return true;
}

void Answer::sent(std::uint32_t bytes) {
  out_ += bytes;
  if (core_ == nullptr) return;
  if (!sent_) sent_ = std::make_unique<session::Meter>();
  sent_->add(bytes, core_->now());
}

}  // namespace sluice::link
