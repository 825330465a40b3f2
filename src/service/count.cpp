#include "service/count.h"

namespace sluice::service {
namespace {

template <class Key>
void add(std::map<Key, std::uint64_t>& to, const std::map<Key, std::uint64_t>& from) {
  for (const auto& [key, number] : from) to[key] += number;
}

template <std::size_t N>
void add(std::array<std::uint64_t, N>& to, const std::array<std::uint64_t, N>& from) {
  for (std::size_t at = 0; at < N; ++at) to[at] += from[at];
}

void add(session::Counters& to, const session::Counters& from) {
  to.frames_in += from.frames_in;
  to.frames_out += from.frames_out;
  to.body_bytes_in += from.body_bytes_in;
  to.body_bytes_out += from.body_bytes_out;
  to.dropped_bytes += from.dropped_bytes;
  to.violations += from.violations;
  to.refused_calls += from.refused_calls;
  to.window_stalls += from.window_stalls;
}

}  // namespace

Past& Past::operator+=(const Past& other) {
  add(connections, other.connections);
  for (const auto& [program, number] : other.calls) {
    calls[program].well += number.well;
    calls[program].failed += number.failed;
    calls[program].unanswered += number.unanswered;
  }
  add(errors, other.errors);
  add(streams_opened, other.streams_opened);
  for (std::size_t at = 0; at < directions; ++at) add(streams_ended[at], other.streams_ended[at]);
  add(traffic, other.traffic);
  copied += other.copied;
  return *this;
}

Present& Present::operator+=(const Present& other) {
  add(connections, other.connections);
  braked += other.braked;
  calls += other.calls;
  control_queued += other.control_queued;
  add(streams, other.streams);
  add(waits, other.waits);
  held += other.held;
  return *this;
}

}  // namespace sluice::service
