#pragma once
// The streams of a daemon, whichever connection they belong to: seen, limited, weighed and cancelled from any other.
//
//   for (const StreamInfo& stream : host.streams()) std::cout << stream.id << " " << stream.operation << "\n";
//   host.limit_stream(7, 50'000'000);
//   host.weigh_stream(7, 300);
//   host.cancel_stream(7, "the host goes down for maintenance");
//   auto token = host.watch_streams([](const StreamReport& report) { ... });
//
// Only of a Sluice daemon; others are refused with Code::no_support. Who is not admin there sees the streams of his own
// user (over TCP: of his own connection), and for him there are no others.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {
inline namespace v1 {

inline constexpr std::uint32_t usual_weight = 100;  // of a stream that nobody has weighed

enum class StreamDirection : std::int32_t { up = 1, down = 2, both = 3 };  // up: to the daemon

enum class StreamState : std::int32_t {
  opening = 1,    // the daemon has not accepted it
  open = 2,       // bytes flow
  finishing = 3,  // its sender has said all; the rest flows, or the other end's answer is awaited
  aborting = 4,   // its client gave up, the daemon is still stopping
  over = 5,       // told once, in a StreamReport
};

// What its bytes wait for at this moment: more credit of the receiver, room in the socket, a disk, a machine, its
// limit, or the memory that the daemon has for all streams.
enum class StreamWait : std::int32_t {
  nothing = 0,
  window = 1,
  socket = 2,
  disk = 3,
  machine = 4,
  rate = 5,
  budget = 6
};

[[gnu::visibility("default")]] std::string_view name(StreamDirection direction);  // "up"
[[gnu::visibility("default")]] std::string_view name(StreamState state);          // "open"
[[gnu::visibility("default")]] std::string_view name(StreamWait wait);            // "window"

// One stream at one moment. Bytes are those of data; holes count nothing.
struct StreamInfo {
  std::uint64_t id = 0;       // unique in a daemon's life
  std::uint64_t session = 0;  // of the connection that opened it, likewise
  std::string peer;           // whose that is: "unix, uid 0, pid 4711"
  std::string operation;      // the procedure that was called: "storage_vol_upload"
  std::string object;         // the machine, or POOL/VOLUME; empty while nobody knows
  StreamDirection direction = StreamDirection::up;
  StreamState state = StreamState::open;
  StreamWait waits = StreamWait::nothing;
  std::uint64_t in = 0;                 // what the machine or the disk has taken
  std::uint64_t out = 0;                // what left
  std::uint64_t total = 0;              // of all there will be; 0: unknown
  std::uint64_t rate = 0;               // of the last second
  std::uint64_t limit = 0;              // per second, at the daemon; 0: none
  std::uint32_t weight = usual_weight;  // among the streams of its connection
  std::uint64_t window = 0;             // may be sent before the receiver grants more; 0 also without windows
  std::uint64_t held = 0;               // in the daemon's memory
  // Copied into this memory, within it, and out of it: 0 while everything stays in the kernel, else twice what moved
  // and a little.
  std::uint64_t copied = 0;
  std::chrono::sys_time<std::chrono::milliseconds> opened;
};

// The first one after watching began has all streams, maybe none; later ones have those that changed. A stream that has
// ended is told once more, as `over`; one that came and went between two reports is not told.
struct StreamReport {
  std::vector<StreamInfo> streams;
};

}  // namespace v1
}  // namespace sluice
