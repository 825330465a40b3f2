#pragma once
// A state machine is a table: what is not in it is not allowed.
//
//   inline constexpr std::array rows{Row{State::open, Input::finish, State::finishing, Action::send_finish}, ...};
//   static_assert(step(rows, State::open, Input::finish));
//
// Whoever steps decides what a missing row means: std::logic_error for an input of our own, a violation for the peer's.
// mermaid() prints the table; a test compares that with docs/states (tests/tidy), so the drawing cannot lie.
// States, inputs and actions are enums with a `name(value)` found by argument-dependent lookup.

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace sluice {

template <class State, class Input, class Action>
struct Row {
  State from;
  Input on;
  State to;
  Action action;
};
template <class State, class Input, class Action>
Row(State, Input, State, Action) -> Row<State, Input, Action>;

// The row for `on` in state `from`, or null.
template <class State, class Input, class Action, std::size_t N>
constexpr const Row<State, Input, Action>* step(const std::array<Row<State, Input, Action>, N>& rows, State from,
                                                Input on) {
  const auto row = std::ranges::find_if(rows, [&](const auto& r) { return r.from == from && r.on == on; });
  return row == rows.end() ? nullptr : &*row;
}

// No (state, input) pair may have two rows.
template <class State, class Input, class Action, std::size_t N>
constexpr bool unambiguous(const std::array<Row<State, Input, Action>, N>& rows) {
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = i + 1; j < N; ++j) {
      if (rows[i].from == rows[j].from && rows[i].on == rows[j].on) return false;
    }
  }
  return true;
}

template <class State, class Input, class Action, std::size_t N>
std::string mermaid(std::string_view title, const std::array<Row<State, Input, Action>, N>& rows) {
  std::string out = "# " + std::string(title) + "\n\n```mermaid\nstateDiagram-v2\n";
  out += "  [*] --> " + std::string(name(rows.front().from)) + "\n";
  for (const auto& row : rows) {
    out += "  " + std::string(name(row.from)) + " --> " + std::string(name(row.to)) + ": " + std::string(name(row.on));
    const std::string_view action = name(row.action);
    if (!action.empty()) out += " / " + std::string(action);
    out += "\n";
  }
  return out + "```\n";
}

}  // namespace sluice
