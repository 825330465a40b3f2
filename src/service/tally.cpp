#include "service/tally.h"

namespace sluice::service {
namespace {

using remote::Streaming;

std::size_t index(Streaming direction) { return static_cast<std::size_t>(direction); }

}  // namespace

void Tally::over(const link::Incoming& call, const link::Ending& how) {
  under_way_.erase(&call);  // it may have ended before it began
  const Streaming direction = call.proc().stream;
  Past::Calls& calls = past_.calls[call.id().program];
  const bool told = how.outcome == link::Outcome::failed || how.outcome == link::Outcome::cancelled;
  if (told) ++past_.errors[how.code];
  if (!call.accepted()) {
    // Whose client went, or gave up the stream before it was there, has not failed.
    ++(how.outcome == link::Outcome::well ? calls.well : told ? calls.failed : calls.unanswered);
    return;
  }
  ++calls.well;
  ++past_.streams_opened[index(direction)];
  ++past_.streams_ended[index(direction)][static_cast<std::size_t>(how.outcome)];
  past_.copied += call.figures().copied;
}

Count Tally::count(const std::string& transport, const link::Link& link) const {
  Count count{.past = past_, .present = {}};
  count.past.connections[transport] = 1;
  count.past.traffic = link.counters();
  Present& now = count.present;
  now.connections[{.transport = transport, .extended = link.extended()}] = 1;
  now.braked = link.braked() ? 1 : 0;
  now.control_queued = link.control_queued();
  for (const link::Incoming* const call : under_way_) Tally::count(*call, count);
  return count;
}

// A stream that was accepted is an answered call, too.
void Tally::count(const link::Incoming& call, Count& into) {
  if (!call.accepted()) return static_cast<void>(++into.present.calls);
  const remote::Proc& proc = call.proc();
  const link::Figures figures = call.figures();
  ++into.past.calls[call.id().program].well;
  ++into.past.streams_opened[index(proc.stream)];
  into.past.copied += figures.copied;
  ++into.present.streams[{.operation = proc.name, .direction = proc.stream}];
  ++into.present.waits[static_cast<std::size_t>(figures.waits)];
  into.present.held += figures.held;
}

}  // namespace sluice::service
