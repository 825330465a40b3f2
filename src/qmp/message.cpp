#include "qmp/message.h"

#include <algorithm>
#include <array>

#include "base/limits.h"

namespace sluice::qmp {
namespace {

constexpr std::size_t depth_max = 64;
constexpr std::size_t quoted_max = 500;

std::unexpected<Error> nonsense(std::string message) {
  return fault(Code::internal_error, std::move(message), ErrorDomain::qemu);
}

// Parsed values take many times the room of their text, so a line of nothing but commas is refused before parsing.
bool has_too_many_values(std::string_view line) {
  return std::ranges::count(line, ',') > static_cast<std::ptrdiff_t>(limits::qmp_values_max);
}

std::optional<std::uint32_t> small_number(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  const std::int64_t number = value->get_int64();
  if (number < 0 || number > 1'000'000) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

const json::object* object_in(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr ? value->if_object() : nullptr;
}

Result<Message> greeting(const json::value& value) {
  const json::object* body = value.if_object();
  const json::object* version = body != nullptr ? object_in(*body, "version") : nullptr;
  const json::object* qemu = version != nullptr ? object_in(*version, "qemu") : nullptr;
  if (qemu == nullptr) return nonsense("the monitor's greeting has no version");
  const auto major = small_number(*qemu, "major");
  const auto minor = small_number(*qemu, "minor");
  const auto micro = small_number(*qemu, "micro");
  if (!major || !minor || !micro) return nonsense("the monitor's greeting has no version that is a number");
  return Greeting{{.major = *major, .minor = *minor, .micro = *micro}};
}

Result<std::optional<std::uint64_t>> id_of(const json::object& object) {
  const json::value* id = object.if_contains("id");
  if (id == nullptr) return std::nullopt;
  if (id->is_uint64()) return id->get_uint64();
  if (id->is_int64() && id->get_int64() >= 0) return static_cast<std::uint64_t>(id->get_int64());
  return nonsense("the monitor answered with an id that is none of ours: " + quotable(json::serialize(*id)));
}

Result<Message> returned(const json::object& object, json::value& value) {
  auto id = id_of(object);
  if (!id) return std::unexpected(id.error());
  return Return{*id, std::move(value)};
}

Result<Message> refusal(const json::object& object, const json::value& value) {
  auto id = id_of(object);
  if (!id) return std::unexpected(id.error());
  const json::object* body = value.if_object();
  const json::value* kind = body != nullptr ? body->if_contains("class") : nullptr;
  const json::value* text = body != nullptr ? body->if_contains("desc") : nullptr;
  if (kind == nullptr || !kind->is_string() || text == nullptr || !text->is_string()) {
    return nonsense("the monitor sent an error without class and description");
  }
  return Refusal{*id, quotable(kind->get_string()), quotable(text->get_string())};
}

Result<Message> notice(json::object& object, const json::value& value) {
  Notice notice;
  const json::string* event = value.if_string();
  if (event == nullptr || event->empty()) return nonsense("the monitor sent an event without a name");
  notice.event = quotable(*event);
  if (json::value* data = object.if_contains("data")) {
    if (!data->is_object()) return nonsense("data of the event " + notice.event + " is not an object");
    notice.data = std::move(data->get_object());
  }
  const json::object* stamp = object_in(object, "timestamp");
  const json::value* seconds = stamp != nullptr ? stamp->if_contains("seconds") : nullptr;
  const json::value* micros = stamp != nullptr ? stamp->if_contains("microseconds") : nullptr;
  if (seconds == nullptr || !seconds->is_int64() || micros == nullptr || !micros->is_int64()) {
    return nonsense("the event " + notice.event + " has no timestamp");
  }
  notice.seconds = seconds->get_int64();
  notice.micros = micros->get_int64();
  return notice;
}

}  // namespace

Result<Message> parse_message(std::string_view line) {
  if (has_too_many_values(line)) return nonsense("the monitor sent a line with too many values");
  json::parse_options options;
  options.max_depth = depth_max;
  boost::system::error_code failed;
  json::value whole = json::parse(line, failed, {}, options);
  if (failed) return nonsense("the monitor sent '" + quotable(line) + "', which is not JSON: " + failed.message());
  json::object* object = whole.if_object();
  if (object == nullptr) return nonsense("the monitor sent '" + quotable(line) + "', which is not a message");

  static constexpr std::array<std::string_view, 4> kinds{"QMP", "return", "error", "event"};
  const auto present = std::ranges::count_if(kinds, [&](auto key) { return object->contains(key); });
  if (present != 1) return nonsense("the monitor sent '" + quotable(line) + "', which is not one message");
  if (const json::value* body = object->if_contains("QMP")) return greeting(*body);
  if (json::value* body = object->if_contains("return")) return returned(*object, *body);
  if (const json::value* body = object->if_contains("error")) return refusal(*object, *body);
  return notice(*object, object->at("event"));
}

std::string encode_command(std::string_view name, const json::object& arguments, std::uint64_t id) {
  json::object command{{"execute", name}};
  if (!arguments.empty()) command["arguments"] = arguments;
  command["id"] = id;
  return json::serialize(command) + "\n";
}

std::string quotable(std::string_view text) {
  std::size_t length = std::min(text.size(), quoted_max);
  // A cut must not go through a character of several bytes.
  while (length < text.size() && length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) --length;
  std::string out;
  out.reserve(length);
  for (const char c : text.substr(0, length)) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
  if (length < text.size()) out += "...";
  return out;
}

}  // namespace sluice::qmp
