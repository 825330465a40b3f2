#pragma once
// The extension program: what libvirt's protocol lacks, used only between two Sluice ends after `hello` was answered
// (docs/protocol.md).

#include "remote/domain.h"
#include "remote/proc.h"
#include "remote/types.h"

namespace sluice::remote {

enum class Feature : std::uint64_t { reply_last = 1, holes_everywhere = 2 };  // bits of `features`

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
  TypedParams params;
};

using Extension = Program<0x534c4355, 1, Hello, Window, DomainSaveStream, DomainRestoreStream>;

}  // namespace sluice::remote
