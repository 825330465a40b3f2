#pragma once
// The life of a call as a table, for both sides: it is answered once, whatever becomes of its stream.

#include <array>
#include <cstdint>
#include <string_view>

#include "base/state_table.h"

namespace sluice::session {

enum class CallState : std::uint8_t {
  waiting,    // for the reply
  forgotten,  // its stream failed before the reply came; nobody waits for that any more
  answered
};
enum class CallInput : std::uint8_t { reply, forget, lost };
enum class CallAction : std::uint8_t { tell, swallow, fail, none };

constexpr std::string_view name(CallState state) {
  constexpr std::array<std::string_view, 3> names{"waiting", "forgotten", "answered"};
  return names[static_cast<std::size_t>(state)];
}
constexpr std::string_view name(CallInput input) {
  constexpr std::array<std::string_view, 3> names{"reply", "stream ERROR", "connection lost"};
  return names[static_cast<std::size_t>(input)];
}
constexpr std::string_view name(CallAction action) {
  constexpr std::array<std::string_view, 4> names{"tell", "swallow", "fail", ""};
  return names[static_cast<std::size_t>(action)];
}

inline constexpr std::array call_rows{
    Row{CallState::waiting, CallInput::reply, CallState::answered, CallAction::tell},
    Row{CallState::waiting, CallInput::forget, CallState::forgotten, CallAction::fail},
    Row{CallState::waiting, CallInput::lost, CallState::answered, CallAction::fail},
    Row{CallState::forgotten, CallInput::reply, CallState::answered, CallAction::swallow},
    Row{CallState::forgotten, CallInput::lost, CallState::answered, CallAction::none},
};
static_assert(unambiguous(call_rows));
static_assert(step(call_rows, CallState::answered, CallInput::reply) == nullptr, "a second reply answers nothing");

}  // namespace sluice::session
