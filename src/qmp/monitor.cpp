#include "qmp/monitor.h"

#include <utility>

#include "base/assert.h"
#include "base/limits.h"

namespace sluice::qmp {
namespace {

// The negotiation is ours; callers' ids cannot collide with it because nothing else may be asked meanwhile.
constexpr std::uint64_t negotiation_id = 0;

Input input_of(const Message& message) {
  struct Kind {
    Input operator()(const Greeting&) const { return Input::greeting; }
    Input operator()(const Return&) const { return Input::answer; }
    Input operator()(const Refusal&) const { return Input::refusal; }
    Input operator()(const Notice&) const { return Input::event; }
  };
  return std::visit(Kind{}, message);
}

std::optional<std::uint64_t> id_of(const Message& message) {
  if (const auto* returned = std::get_if<Return>(&message)) return returned->id;
  if (const auto* refusal = std::get_if<Refusal>(&message)) return refusal->id;
  return std::nullopt;
}

Code code_of(const Refusal& refusal) {
  return refusal.error_class == "CommandNotFound" ? Code::operation_unsupported : Code::operation_failed;
}

}  // namespace

Monitor::Monitor() : lines_(limits::qmp_line_max) {}

void Monitor::feed(Bytes bytes) {
  if (state_ != State::closed) lines_.feed(bytes);
}

void Monitor::ended() { ended_ = true; }

std::optional<Event> Monitor::next() {
  while (state_ != State::closed) {
    if (auto line = lines_.next()) {
      auto message = parse_message(*line);
      if (!message) return broken(message.error().message);
      if (auto event = take(std::move(*message))) return event;
      continue;
    }
    if (lines_.too_long()) {
      return broken("the monitor sent a line of more than " + std::to_string(limits::qmp_line_max) + " bytes");
    }
    if (!ended_) return std::nullopt;
    const auto* row = step(rows, state_, Input::end);
    state_ = row->to;
    if (row->action == Action::fail) return broken("QEMU closed its monitor");
    asked_.clear();
  }
  return std::nullopt;
}

std::optional<Event> Monitor::take(Message message) {
  const Input input = input_of(message);
  const auto* row = step(rows, state_, input);
  if (row == nullptr) {
    return broken("the monitor sent " + std::string(input == Input::event ? "an event" : "a message") + " (" +
                  std::string(name(input)) + ") in state '" + std::string(name(state_)) + "'");
  }
  switch (row->action) {
    case Action::send_capabilities:
      version_ = std::get<Greeting>(message).version;
      to_send_ = encode_command("qmp_capabilities", {}, negotiation_id);
      state_ = row->to;
      return std::nullopt;
    case Action::announce:
      if (id_of(message) != negotiation_id) return broken("the monitor answered what nobody asked");
      state_ = row->to;
      return Ready{version_};
    case Action::fail: return broken("the monitor refused the negotiation: " + std::get<Refusal>(message).description);
    case Action::notify: {
      auto& notice = std::get<Notice>(message);
      return Notified{std::move(notice.event), std::move(notice.data), notice.seconds, notice.micros};
    }
    case Action::match:
      if (auto* returned = std::get_if<Return>(&message)) return match(returned->id, std::move(returned->value));
      {
        const auto& refusal = std::get<Refusal>(message);
        if (!refusal.id) return broken("the monitor could not read a command: " + refusal.description);
        return match(refusal.id, fault(code_of(refusal), refusal.description, ErrorDomain::qemu));
      }
    case Action::send:
    case Action::none: break;
  }
  ensure(false, "only local inputs have the other actions");
  return std::nullopt;
}

std::optional<Event> Monitor::match(std::optional<std::uint64_t> id, Result<json::value> result) {
  const auto asked = id ? asked_.find(*id) : asked_.end();
  if (asked == asked_.end()) return broken("the monitor answered what nobody asked");
  if (!result) result = std::unexpected(result.error().while_doing("QEMU refused '" + asked->second + "'"));
  asked_.erase(asked);
  return Answer{*id, std::move(result)};
}

Event Monitor::broken(std::string message) {
  state_ = State::closed;
  asked_.clear();
  to_send_.clear();
  return Broken{{.code = Code::internal_error, .message = std::move(message), .domain = ErrorDomain::qemu}};
}

std::string Monitor::to_send() { return std::exchange(to_send_, {}); }

std::string Monitor::command(std::string_view name, const json::object& arguments, std::uint64_t id) {
  const auto* row = step(rows, state_, name == "quit" ? Input::quit : Input::command);
  ensure(row != nullptr, "commands are sent when the monitor is ready");
  ensure(asked_.try_emplace(id, name).second, "ids of unanswered commands differ");
  state_ = row->to;
  return encode_command(name, arguments, id);
}

}  // namespace sluice::qmp
