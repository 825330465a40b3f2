#pragma once
// Whether the peer is still there: after an interval of silence a ping, after so many unanswered ones the end. Any
// bytes of the peer are a sign of life. Answering pings is not done here; that never waits for anything.
//
//   keepalive.enable();
//   keepalive.heard();                                   // with whatever arrives
//   if (keepalive.tick(now, braked) == Keepalive::Due::ping) send a ping;
//
// While this side does not read (the brake) it hears nothing: then pings go on, so that the peer hears us, and none is
// held against it.

#include <array>
#include <optional>
#include <string_view>

#include "base/instant.h"
#include "base/state_table.h"

namespace sluice::session {

enum class KeepaliveState : std::uint8_t { off, alive, probing, dead };
enum class KeepaliveInput : std::uint8_t { enable, heard, silence, worn_out };
enum class KeepaliveAction : std::uint8_t { none, ping, give_up };

constexpr std::string_view name(KeepaliveState state) {
  constexpr std::array<std::string_view, 4> names{"off", "alive", "probing", "dead"};
  return names[static_cast<std::size_t>(state)];
}
constexpr std::string_view name(KeepaliveInput input) {
  constexpr std::array<std::string_view, 4> names{"peer can answer", "anything heard", "an interval of silence",
                                                  "no ping of so many was answered"};
  return names[static_cast<std::size_t>(input)];
}
constexpr std::string_view name(KeepaliveAction action) {
  constexpr std::array<std::string_view, 3> names{"", "!ping", "give up"};
  return names[static_cast<std::size_t>(action)];
}

inline constexpr std::array keepalive_rows{
    Row{KeepaliveState::off, KeepaliveInput::enable, KeepaliveState::alive, KeepaliveAction::none},
    Row{KeepaliveState::off, KeepaliveInput::heard, KeepaliveState::off, KeepaliveAction::none},
    Row{KeepaliveState::alive, KeepaliveInput::enable, KeepaliveState::alive, KeepaliveAction::none},
    Row{KeepaliveState::alive, KeepaliveInput::heard, KeepaliveState::alive, KeepaliveAction::none},
    Row{KeepaliveState::alive, KeepaliveInput::silence, KeepaliveState::probing, KeepaliveAction::ping},
    Row{KeepaliveState::probing, KeepaliveInput::enable, KeepaliveState::probing, KeepaliveAction::none},
    Row{KeepaliveState::probing, KeepaliveInput::heard, KeepaliveState::alive, KeepaliveAction::none},
    Row{KeepaliveState::probing, KeepaliveInput::silence, KeepaliveState::probing, KeepaliveAction::ping},
    Row{KeepaliveState::probing, KeepaliveInput::worn_out, KeepaliveState::dead, KeepaliveAction::give_up},
};
static_assert(unambiguous(keepalive_rows));
static_assert(step(keepalive_rows, KeepaliveState::off, KeepaliveInput::silence) == nullptr,
              "a peer that cannot answer is not asked");

class Keepalive {
 public:
  using Due = KeepaliveAction;

  // At least one ping is sent before a peer is given up.
  Keepalive(Duration interval, std::uint32_t count) : interval_(interval), count_(count == 0 ? 1 : count) {}
  void enable();  // the peer answers pings; without effect if the interval is zero
  void heard() { heard_ = true; }
  std::optional<Instant> deadline() const;  // Instant::min(): it has not seen a clock yet
  Due tick(Instant now, bool braked);
  KeepaliveState state() const { return state_; }

 private:
  Due take(KeepaliveInput input);

  Duration interval_;
  std::uint32_t count_;
  KeepaliveState state_ = KeepaliveState::off;
  bool heard_ = false;
  std::uint32_t unanswered_ = 0;
  std::optional<Instant> since_;
};

}  // namespace sluice::session
