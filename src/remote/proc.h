#pragma once
// A procedure is declared once: what it is called, its number, the direction of its stream, who may call it, and its
// fields in wire order. Codec, dispatch, client call, tables and fuzzing follow from that struct.
//
//   struct DomainOpenConsole {
//     static constexpr Proc proc{201, "domain_open_console", Streaming::both, Role::operate};
//     using Reply = Void;                                   // leaves with the reply
//     DomainRef dom;  std::optional<std::string> device;  std::uint32_t flags = 0;
//   };
//   using Remote = Program<0x20008086, 1, ConnectOpen, DomainOpenConsole /* ... */>;
//
// A streaming procedure of our own may also declare `using Result`, which leaves with the confirmation of the stream.

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "xdr/codec.h"

namespace sluice::remote {

using xdr::Void;

enum class Streaming : std::uint8_t { none, up, down, both };  // up: client to daemon; both: a console, never braked
enum class Role : std::uint8_t {
  none,
  monitor,
  operate,
  admin
};  // each may do what those before it may; none: everybody, even before the open

struct Proc {
  std::int32_t number;
  std::string_view name;
  Streaming stream;
  Role role;
  bool holes = false;  // flag bit 0 of its `flags` allows hole messages
};

// Procedures with holes end in a word of flags, whose lowest bit asks for them.
inline bool asks_for_holes(const Proc& proc, Bytes fields) {
  return proc.holes && fields.size() >= 4 && (load_big<std::uint32_t>(fields.last(4).data()) & 1) != 0;
}

namespace proc_detail {
template <class P>
struct ResultOf {
  using type = Void;
};
template <class P>
  requires requires { typename P::Result; }
struct ResultOf<P> {
  using type = typename P::Result;
};
}  // namespace proc_detail

template <class P>
using ReplyOf = typename P::Reply;
template <class P>
using ResultOf = typename proc_detail::ResultOf<P>::type;

// A program as the session needs it: numbers and procedures sorted by number.
struct ProgramInfo {
  std::uint32_t number;
  std::uint32_t version;
  std::span<const Proc> procs;

  const Proc* find(std::int32_t procedure) const {
    const auto at = std::ranges::lower_bound(procs, procedure, {}, &Proc::number);
    return at != procs.end() && at->number == procedure ? &*at : nullptr;
  }
};

template <std::uint32_t Number, std::uint32_t Version, class... P>
struct Program {
  static constexpr std::uint32_t number = Number;
  static constexpr std::uint32_t version = Version;
  static constexpr std::array<Proc, sizeof...(P)> procs = [] {
    std::array<Proc, sizeof...(P)> sorted{P::proc...};
    std::ranges::sort(sorted, {}, &Proc::number);
    return sorted;
  }();
  static_assert(std::ranges::adjacent_find(procs, {}, &Proc::number) == procs.end(), "two procedures share a number");
  static constexpr ProgramInfo info() { return {Number, Version, procs}; }

  template <class Q>
  static constexpr bool has = (std::is_same_v<P, Q> || ...);
  // Calls visit.template operator()<P>() for each procedure.
  template <class Visit>
  static constexpr void for_each(Visit visit) {
    (visit.template operator()<P>(), ...);
  }
};

// The triple that names a call and its stream on the wire, in both directions.
struct CallId {
  std::uint32_t program = 0;
  std::int32_t procedure = 0;
  std::uint32_t serial = 0;
  auto operator<=>(const CallId&) const = default;
};

}  // namespace sluice::remote
