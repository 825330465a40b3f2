#pragma once
// The extension program: what libvirt's protocol lacks, used only between two Sluice ends after `hello` was answered
// (docs/protocol.md).

#include "remote/domain.h"
#include "remote/proc.h"
#include "remote/types.h"

namespace sluice::remote {

enum class Feature : std::uint64_t { reply_last = 1, holes_everywhere = 2, weights = 4 };  // bits of `features`
inline constexpr std::uint64_t features_known = 7;                                         // all of them

// Both ends tell what they can; features are used where both have them. The same fields come back from the daemon.
struct HelloFields {
  std::string software;  // name and version, for logs
  std::uint64_t features = 0;
  std::uint32_t max_message = 0;   // length word the sender of this accepts, at least 65,564
  std::uint32_t max_streams = 0;   // open at once on this connection, at least 16
  std::uint32_t early_window = 0;  // bytes a reply-last call may send before the first window message
  TypedParams params;
  bool operator==(const HelloFields&) const = default;
};

struct Hello {
  static constexpr Proc proc{1, "hello", Streaming::none, Role::none};
  using Reply = HelloFields;
  HelloFields fields;
};

// An event, both ways, with serial 0: the stream's receiver takes length words up to this absolute limit since the
// stream's opening.
struct Window {
  static constexpr Proc proc{2, "window", Streaming::none, Role::none};
  using Reply = Void;
  std::uint32_t program = 0;
  std::int32_t procedure = 0;
  std::uint32_t serial = 0;
  std::uint64_t limit = 0;
};

struct DomainSaveStream {
  static constexpr Proc proc{3, "domain_save", Streaming::down, Role::operate};
  using Reply = Void;
  DomainRef dom;
  std::uint32_t flags = 0;  // 1: running after restore, 2: paused; neither: as it was
  TypedParams params;       // "compress" str none|zstd, "level" i32, "bandwidth" u64
};

struct DomainRestoreStream {
  static constexpr Proc proc{4, "domain_restore", Streaming::up, Role::operate};
  using Reply = Void;
  struct Result {
    DomainRef dom;
  };
  std::optional<std::string>
      xml;                  // replaces the stored definition; name and disk paths may differ, the machine may not
  std::uint32_t flags = 0;  // as above
  TypedParams params;       // "bandwidth" u64
};

// --- the streams of a daemon, as every connection may see and steer them

enum class StreamPhase : std::int32_t {
  opening = 1,    // the daemon has not accepted it
  open = 2,       // bytes flow
  finishing = 3,  // its sender has said all; the rest flows, or the other end's answer is awaited
  aborting = 4,   // the client gave up, the daemon is still stopping
  over = 5,       // only in reports
};

// What its bytes wait for at this moment.
enum class StreamWait : std::int32_t {
  nothing = 0,
  window = 1,
  socket = 2,
  disk = 3,
  machine = 4,
  rate = 5,
  budget = 6
};

struct StreamInfo {
  std::uint64_t id = 0;       // unique in a daemon's life
  std::uint64_t session = 0;  // of its connection, likewise
  std::string peer;           // who opened it: "unix, uid 0, pid 4711"
  std::uint32_t program = 0;  // what was called, and the serial of that call
  std::int32_t procedure = 0;
  std::uint32_t serial = 0;
  std::string object;          // the machine, or POOL/VOLUME; empty while nobody knows
  std::int32_t direction = 0;  // 1 up, 2 down, 3 both
  std::int32_t state = 0;      // StreamPhase
  std::uint64_t in = 0;        // bytes of data (no holes) that the machine or the disk has taken
  std::uint64_t out = 0;       // bytes of data that left
  std::uint64_t total = 0;     // of all there will be; 0: unknown
  std::uint64_t rate = 0;      // bytes of the last second
  std::uint64_t limit = 0;     // bytes per second; 0: none
  std::uint64_t window = 0;    // bytes that may be sent before the receiver grants more; 0 also without windows
  std::uint64_t held = 0;      // bytes of it in the daemon's memory
  std::uint64_t copied = 0;    // bytes that were copied into this memory, within it, and out of it
  std::int32_t waits = 0;      // StreamWait
  std::int64_t opened_ms = 0;  // since 1970
  bool operator==(const StreamInfo&) const = default;
};

// Of a stream that has another weight than the usual one.
struct StreamWeighs {
  std::uint64_t id = 0;
  std::uint32_t weight = 0;
  bool operator==(const StreamWeighs&) const = default;
};

// Without the role admin these know only streams of the caller's own user (of the caller's own connection where the
// transport does not tell users); others are not there.
struct StreamList {
  static constexpr Proc proc{5, "stream_list", Streaming::none, Role::monitor};
  struct Reply {
    xdr::List<StreamInfo, 65536> streams;
    xdr::TailList<StreamWeighs, 65536> weights;
  };
  std::uint32_t flags = 0;
};

// Both ends of the stream are told who cancelled it, and why.
struct StreamCancel {
  static constexpr Proc proc{6, "stream_cancel", Streaming::none, Role::operate};
  using Reply = Void;
  std::uint64_t id = 0;
  std::string reason;  // may be empty
};

struct StreamLimit {
  static constexpr Proc proc{7, "stream_limit", Streaming::none, Role::operate};
  struct Reply {
    std::uint64_t effective = 0;  // what holds from now on: limits are 1 KiB/s at least; 0: none
  };
  std::uint64_t id = 0;
  std::uint64_t bytes_per_second = 0;  // 0: none
};

// Reports from now on: of every stream at once, then of those that changed, every so often. Again: as from the start.
struct StreamWatch {
  static constexpr Proc proc{8, "stream_watch", Streaming::none, Role::monitor};
  using Reply = Void;
  std::uint32_t interval_ms = 1000;  // 100 or more
};

struct StreamUnwatch {
  static constexpr Proc proc{9, "stream_unwatch", Streaming::none, Role::monitor};
  using Reply = Void;
};

// An event. A stream that is over is reported once more, as such.
struct StreamReport {
  static constexpr Proc proc{10, "stream_report", Streaming::none, Role::none};
  using Reply = Void;
  xdr::List<StreamInfo, 1024> streams;
  xdr::TailList<StreamWeighs, 1024> weights;
};

// An event, both ways, with serial 0: so much the stream weighs from now on, at either end. The streams of a connection
// that have something to send share it by their weights. Between ends that have the feature.
struct Weight {
  static constexpr Proc proc{11, "weight", Streaming::none, Role::none};
  using Reply = Void;
  static constexpr std::uint32_t least = 1, most = 1000, usual = 100;  // as of block devices in systemd and cgroups
  std::uint32_t program = 0;
  std::int32_t procedure = 0;
  std::uint32_t serial = 0;
  std::uint32_t weight = usual;

  static Result<> check(std::uint32_t weight) {
    if (weight >= least && weight <= most) return {};
    return fault(Code::invalid_arg, "a weight is " + std::to_string(least) + " to " + std::to_string(most) + ", not " +
                                        std::to_string(weight));
  }
};

struct StreamWeight {
  static constexpr Proc proc{12, "stream_weight", Streaming::none, Role::operate};
  using Reply = Void;
  std::uint64_t id = 0;
  std::uint32_t weight = Weight::usual;
};

using Extension = Program<0x534c4355, 1, Hello, Window, DomainSaveStream, DomainRestoreStream, StreamList, StreamCancel,
                          StreamLimit, StreamWatch, StreamUnwatch, StreamReport, Weight, StreamWeight>;

}  // namespace sluice::remote
