#pragma once
// How a stream stands, for people to see.

#include <cstdint>

namespace sluice::session {

// What was queued to be sent waits for...
enum class Sends : std::uint8_t {
  nothing,    // ...nothing: it is empty, and may be written to
  all,        // nothing more will be queued, and all of it has left
  window,     // its peer's window
  rate,       // its limit
  transport,  // its turn, and room in the transport
};

enum class Phase : std::uint8_t { opening, open, finishing, aborting, over };

struct Standing {
  Phase phase = Phase::over;
  Sends sends = Sends::nothing;
  std::uint32_t weight = 0;      // among the streams of its connection; 0: it is over
  std::uint64_t may_send = 0;    // credit left; 0 also without windows
  std::uint64_t may_arrive = 0;  // the same of the peer
};

}  // namespace sluice::session
