#pragma once
// The life of a secured connection, as a table: the handshake, the daemon's one byte of welcome (libvirt's: the daemon
// likes the certificate), then bytes each way, each closed by itself. A network that ends is an end only where the peer
// has said so before.

#include <array>
#include <cstdint>
#include <string_view>

#include "base/state_table.h"

namespace sluice::secure {

enum class FilterState : std::uint8_t { handshaking, welcoming, open, peer_closed, we_closed, closed, failed };
enum class FilterInput : std::uint8_t { shaken, welcomed, peer_closes, we_close, network_ends, violation };
enum class FilterAction : std::uint8_t { none, say_close, refuse_leaving, refuse_cut };

constexpr std::string_view name(FilterState state) {
  constexpr std::array<std::string_view, 7> names{"handshaking", "welcoming", "open",  "peer_closed",
                                                  "we_closed",   "closed",    "failed"};
  return names[static_cast<std::size_t>(state)];
}
constexpr std::string_view name(FilterInput input) {
  constexpr std::array<std::string_view, 6> names{"hands are shaken", "byte of welcome", "peer closes",
                                                  "we close",         "network ends",    "violation"};
  return names[static_cast<std::size_t>(input)];
}
constexpr std::string_view name(FilterAction action) {
  constexpr std::array<std::string_view, 4> names{"", "say it", "fail, not let in", "fail, cut"};
  return names[static_cast<std::size_t>(action)];
}

constexpr bool gives_plain(FilterState state) { return state == FilterState::open || state == FilterState::we_closed; }
constexpr bool takes_plain(FilterState state) {
  return state == FilterState::open || state == FilterState::peer_closed;
}
// What the network brings still matters.
constexpr bool listens(FilterState state) {
  return state == FilterState::handshaking || state == FilterState::welcoming || gives_plain(state);
}

namespace filter_table {
using enum FilterState;
using In = FilterInput;
using Do = FilterAction;
inline constexpr auto rows = std::to_array<Row<FilterState, FilterInput, FilterAction>>({
    {handshaking, In::shaken, welcoming, Do::none},
    {handshaking, In::peer_closes, failed, Do::refuse_leaving},
    {handshaking, In::we_close, closed, Do::none},
    {handshaking, In::network_ends, failed, Do::refuse_cut},
    {handshaking, In::violation, failed, Do::none},

    {welcoming, In::welcomed, open, Do::none},
    {welcoming, In::peer_closes, failed, Do::refuse_leaving},
    {welcoming, In::we_close, closed, Do::say_close},
    {welcoming, In::network_ends, failed, Do::refuse_cut},
    {welcoming, In::violation, failed, Do::none},

    {open, In::peer_closes, peer_closed, Do::none},
    {open, In::we_close, we_closed, Do::say_close},
    {open, In::network_ends, failed, Do::refuse_cut},
    {open, In::violation, failed, Do::none},

    {peer_closed, In::we_close, closed, Do::say_close},
    {peer_closed, In::network_ends, peer_closed, Do::none},
    {peer_closed, In::violation, failed, Do::none},

    {we_closed, In::peer_closes, closed, Do::none},
    {we_closed, In::we_close, we_closed, Do::none},
    {we_closed, In::network_ends, failed, Do::refuse_cut},
    {we_closed, In::violation, failed, Do::none},

    {closed, In::we_close, closed, Do::none},
    {closed, In::network_ends, closed, Do::none},

    {failed, In::we_close, failed, Do::none},
    {failed, In::network_ends, failed, Do::none},
});

static_assert(unambiguous(rows));
static_assert(
    [] {
      for (const auto& row : rows) {
        const bool was_passing = gives_plain(row.from) || takes_plain(row.from);
        const bool is_passing = gives_plain(row.to) || takes_plain(row.to);
        if (is_passing && !was_passing && row.on != In::welcomed) return false;
      }
      return true;
    }(),
    "nothing of the application passes before the welcome");
static_assert(
    [] {
      for (const auto& row : rows) {
        if (row.on == In::network_ends && gives_plain(row.from) && row.to != failed) return false;
      }
      return true;
    }(),
    "a cut is never an end");
static_assert(
    [] {
      for (int at = 0; at <= static_cast<int>(failed); ++at) {
        if (!step(rows, static_cast<FilterState>(at), In::we_close)) return false;
        if (!step(rows, static_cast<FilterState>(at), In::network_ends)) return false;
      }
      return true;
    }(),
    "we may close, and the network may end, at any time");
}  // namespace filter_table

}  // namespace sluice::secure
