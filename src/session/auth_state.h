#pragma once
// The daemon's half of SASL, as a table: what is asked of the client next. One attempt for a connection; whatever comes
// out of turn ends it, as a wrong password does.

#include <array>
#include <cstdint>
#include <string_view>

#include "base/state_table.h"

namespace sluice::session {

enum class AuthState : std::uint8_t { fresh, listing, offered, starting, started, stepping, known, refused };
enum class AuthInput : std::uint8_t { init, start, step, polkit, listed, goes_on, complete, fails };
enum class AuthAction : std::uint8_t { ask, none, refuse };

constexpr std::string_view name(AuthState state) {
  constexpr std::array<std::string_view, 8> names{"fresh",   "listing",  "offered", "starting",
                                                  "started", "stepping", "known",   "refused"};
  return names[static_cast<std::size_t>(state)];
}
constexpr std::string_view name(AuthInput input) {
  constexpr std::array<std::string_view, 8> names{
      "call init",  "call start",     "call step", "call polkit", "mechanisms are known",
      "it goes on", "it is complete", "it fails"};
  return names[static_cast<std::size_t>(input)];
}
constexpr std::string_view name(AuthAction action) {
  constexpr std::array<std::string_view, 3> names{"ask SASL", "", "refuse"};
  return names[static_cast<std::size_t>(action)];
}

namespace auth_table {
using enum AuthState;
using In = AuthInput;
using Do = AuthAction;
inline constexpr auto rows = std::to_array<Row<AuthState, AuthInput, AuthAction>>({
    {fresh, In::init, listing, Do::ask},          {fresh, In::start, refused, Do::refuse},
    {fresh, In::polkit, refused, Do::refuse},     {fresh, In::step, refused, Do::refuse},

    {listing, In::init, refused, Do::refuse},     {listing, In::start, refused, Do::refuse},
    {listing, In::polkit, refused, Do::refuse},   {listing, In::step, refused, Do::refuse},
    {listing, In::listed, offered, Do::none},     {listing, In::fails, refused, Do::refuse},

    {offered, In::init, refused, Do::refuse},     {offered, In::start, starting, Do::ask},
    {offered, In::polkit, refused, Do::refuse},   {offered, In::step, refused, Do::refuse},

    {starting, In::init, refused, Do::refuse},    {starting, In::start, refused, Do::refuse},
    {starting, In::polkit, refused, Do::refuse},  {starting, In::step, refused, Do::refuse},
    {starting, In::goes_on, started, Do::none},   {starting, In::complete, known, Do::none},
    {starting, In::fails, refused, Do::refuse},

    {started, In::init, refused, Do::refuse},     {started, In::start, refused, Do::refuse},
    {started, In::polkit, refused, Do::refuse},   {started, In::step, stepping, Do::ask},

    {stepping, In::init, refused, Do::refuse},    {stepping, In::start, refused, Do::refuse},
    {stepping, In::polkit, refused, Do::refuse},  {stepping, In::step, refused, Do::refuse},
    {stepping, In::goes_on, started, Do::none},   {stepping, In::complete, known, Do::none},
    {stepping, In::fails, refused, Do::refuse},

    {known, In::init, known, Do::refuse},         {known, In::start, known, Do::refuse},
    {known, In::step, known, Do::refuse},         {known, In::polkit, known, Do::refuse},

    {refused, In::init, refused, Do::refuse},     {refused, In::start, refused, Do::refuse},
    {refused, In::polkit, refused, Do::refuse},   {refused, In::step, refused, Do::refuse},
    {refused, In::listed, refused, Do::refuse},   {refused, In::goes_on, refused, Do::refuse},
    {refused, In::complete, refused, Do::refuse}, {refused, In::fails, refused, Do::refuse},
});

static_assert(unambiguous(rows));
static_assert(
    [] {
      for (const auto& row : rows) {
        if (row.to == known && row.from != known && row.on != In::complete) return false;
        if (row.from == refused && row.to != refused) return false;
        if (row.from == known && row.action == Do::ask) return false;
      }
      return true;
    }(),
    "known is who SASL knows; there is no second attempt");
static_assert(
    [] {
      for (int at = 0; at <= static_cast<int>(refused); ++at) {
        for (const In call : {In::init, In::start, In::step, In::polkit}) {
          if (!step(rows, static_cast<AuthState>(at), call)) return false;
        }
      }
      return true;
    }(),
    "whatever is called, whenever, there is an answer");
}  // namespace auth_table

}  // namespace sluice::session
