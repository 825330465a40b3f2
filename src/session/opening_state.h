#pragma once
// How a connection begins, as a table: authentication, then connect_open, then everything else. The daemon steps it
// with the calls that arrive and the answers it gives; the client with the calls it makes and the answers it gets.
//
// SASL takes any number of steps: each is an authentication call, the last answer says that it is complete.

#include <array>
#include <cstdint>
#include <string_view>

#include "base/state_table.h"

namespace sluice::session {

enum class OpeningState : std::uint8_t { fresh, authenticating, authenticated, opening, open, closing };
enum class OpeningInput : std::uint8_t {
  call_auth_list,
  call_auth,  // init, start, step, polkit
  call_open,
  call_close,
  call_free,  // any other that needs no role: features, hello
  call_other,
  auth_complete,  // an answer that says so
  auth_failed,
  open_done,
  open_failed
};
enum class OpeningAction : std::uint8_t { pass, refuse_unauthenticated, refuse_not_open, refuse_second_open, none };

constexpr std::string_view name(OpeningState state) {
  constexpr std::array<std::string_view, 6> names{"fresh",   "authenticating", "authenticated",
                                                  "opening", "open",           "closing"};
  return names[static_cast<std::size_t>(state)];
}
constexpr std::string_view name(OpeningInput input) {
  constexpr std::array<std::string_view, 10> names{
      "auth_list",  "auth call",        "connect_open", "connect_close",  "call without a role",
      "other call", "auth is complete", "auth failed",  "open went well", "open failed"};
  return names[static_cast<std::size_t>(input)];
}
constexpr std::string_view name(OpeningAction action) {
  constexpr std::array<std::string_view, 5> names{"pass", "refuse, code 39", "refuse, not open", "refuse, second open",
                                                  ""};
  return names[static_cast<std::size_t>(action)];
}

namespace opening_table {
using enum OpeningState;
using In = OpeningInput;
using Do = OpeningAction;
inline constexpr auto rows = std::to_array<Row<OpeningState, OpeningInput, OpeningAction>>({
    {fresh, In::call_auth_list, fresh, Do::pass},
    {fresh, In::call_auth, authenticating, Do::pass},
    {fresh, In::call_open, fresh, Do::refuse_unauthenticated},
    {fresh, In::call_close, fresh, Do::refuse_unauthenticated},
    {fresh, In::call_free, fresh, Do::refuse_unauthenticated},
    {fresh, In::call_other, fresh, Do::refuse_unauthenticated},

    {authenticating, In::call_auth_list, authenticating, Do::pass},
    {authenticating, In::call_auth, authenticating, Do::pass},
    {authenticating, In::call_open, authenticating, Do::refuse_unauthenticated},
    {authenticating, In::call_close, authenticating, Do::refuse_unauthenticated},
    {authenticating, In::call_free, authenticating, Do::refuse_unauthenticated},
    {authenticating, In::call_other, authenticating, Do::refuse_unauthenticated},
    {authenticating, In::auth_complete, authenticated, Do::none},
    {authenticating, In::auth_failed, fresh, Do::none},

    {authenticated, In::call_auth_list, authenticated, Do::pass},
    {authenticated, In::call_auth, authenticated, Do::pass},  // the service says what it thinks of a second one
    {authenticated, In::call_open, opening, Do::pass},
    {authenticated, In::call_close, closing, Do::pass},
    {authenticated, In::call_free, authenticated, Do::pass},
    {authenticated, In::call_other, authenticated, Do::refuse_not_open},

    {opening, In::call_auth_list, opening, Do::pass},
    {opening, In::call_auth, opening, Do::pass},
    {opening, In::call_open, opening, Do::refuse_second_open},
    {opening, In::call_close, closing, Do::pass},
    {opening, In::call_free, opening, Do::pass},
    {opening, In::call_other, opening, Do::refuse_not_open},
    {opening, In::open_done, open, Do::none},
    {opening, In::open_failed, authenticated, Do::none},

    {open, In::call_auth_list, open, Do::pass},
    {open, In::call_auth, open, Do::pass},
    {open, In::call_open, open, Do::refuse_second_open},
    {open, In::call_close, closing, Do::pass},
    {open, In::call_free, open, Do::pass},
    {open, In::call_other, open, Do::pass},

    {closing, In::call_auth_list, closing, Do::refuse_not_open},
    {closing, In::call_auth, closing, Do::refuse_not_open},
    {closing, In::call_open, closing, Do::refuse_not_open},
    {closing, In::call_close, closing, Do::refuse_not_open},
    {closing, In::call_free, closing, Do::refuse_not_open},
    {closing, In::call_other, closing, Do::refuse_not_open},
});

static_assert(unambiguous(rows));
static_assert(
    [] {
      for (const auto& row : rows) {
        const bool early = row.from == fresh || row.from == authenticating;
        const bool authenticates = row.on == In::call_auth || row.on == In::call_auth_list;
        if (early && row.action == Do::pass && !authenticates) return false;
        if (row.on == In::call_other && row.action == Do::pass && row.from != open) return false;
      }
      return true;
    }(),
    "nothing but authentication passes before it is complete, nothing that needs a role before the open");
static_assert(
    [] {
      for (const OpeningState state : {fresh, authenticating, authenticated, opening, open, closing}) {
        for (int call = 0; call <= static_cast<int>(In::call_other); ++call) {
          if (step(rows, state, static_cast<In>(call)) == nullptr) return false;
        }
      }
      return true;
    }(),
    "whatever is called, whenever, there is an answer");
}  // namespace opening_table

}  // namespace sluice::session
