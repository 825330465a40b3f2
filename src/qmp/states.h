#pragma once
// The life of a monitor connection as a table. Nothing may be asked before QEMU greeted and the capabilities were
// negotiated; after quit everything may still arrive, and the end of the connection is no surprise.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/state_table.h"

namespace sluice::qmp {

enum class State : std::uint8_t { greeting, negotiating, ready, closing, closed };
enum class Input : std::uint8_t { greeting, answer, refusal, event, command, quit, end };
enum class Action : std::uint8_t { send_capabilities, announce, fail, match, notify, send, none };

constexpr std::string_view name(State state) {
  constexpr std::array<std::string_view, 5> names{"greeting", "negotiating", "ready", "closing", "closed"};
  return names[static_cast<std::size_t>(state)];
}
constexpr std::string_view name(Input input) {
  constexpr std::array<std::string_view, 7> names{"greeting",  "answer", "refusal",    "event",
                                                  "L.command", "L.quit", "end of file"};
  return names[static_cast<std::size_t>(input)];
}
constexpr std::string_view name(Action action) {
  constexpr std::array<std::string_view, 7> names{
      "!qmp_capabilities", "announce ready", "broken", "match by id", "notify", "!command", ""};
  return names[static_cast<std::size_t>(action)];
}

// A message without a row is QEMU's mistake and breaks the connection; a local input without one is ours.
inline constexpr std::array rows{
    Row{State::greeting, Input::greeting, State::negotiating, Action::send_capabilities},
    Row{State::greeting, Input::end, State::closed, Action::fail},
    Row{State::negotiating, Input::answer, State::ready, Action::announce},
    Row{State::negotiating, Input::refusal, State::closed, Action::fail},
    Row{State::negotiating, Input::event, State::negotiating, Action::notify},
    Row{State::negotiating, Input::end, State::closed, Action::fail},
    Row{State::ready, Input::command, State::ready, Action::send},
    Row{State::ready, Input::answer, State::ready, Action::match},
    Row{State::ready, Input::refusal, State::ready, Action::match},
    Row{State::ready, Input::event, State::ready, Action::notify},
    Row{State::ready, Input::quit, State::closing, Action::send},
    Row{State::ready, Input::end, State::closed, Action::fail},
    Row{State::closing, Input::answer, State::closing, Action::match},
    Row{State::closing, Input::refusal, State::closing, Action::match},
    Row{State::closing, Input::event, State::closing, Action::notify},
    Row{State::closing, Input::end, State::closed, Action::none},
};
static_assert(unambiguous(rows));
static_assert(step(rows, State::greeting, Input::command) == nullptr &&
                  step(rows, State::negotiating, Input::command) == nullptr,
              "QEMU refuses every command before the capabilities were negotiated");
static_assert(
    [] {
      for (const State state : {State::greeting, State::negotiating, State::ready, State::closing}) {
        if (step(rows, state, Input::end) == nullptr) return false;
      }
      return true;
    }(),
    "QEMU may die at any time");

}  // namespace sluice::qmp
