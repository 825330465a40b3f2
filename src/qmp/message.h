#pragma once
// One line of the monitor as a value: the greeting, an answer, an error answer or an event.
//
//   Result<Message> message = parse_message(line);
//   encode_command("migrate", {{"uri", "fd:migrate"}}, 7)   // {"execute":"migrate","arguments":{...},"id":7}\n

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "qmp/json.h"

namespace sluice::qmp {

struct Version {
  std::uint32_t major = 0, minor = 0, micro = 0;
  bool operator==(const Version&) const = default;
};

struct Greeting {
  Version version;
};
struct Return {
  std::optional<std::uint64_t> id;
  json::value value;
};
struct Refusal {  // "error"
  std::optional<std::uint64_t> id;
  std::string error_class;
  std::string description;
};
struct Notice {  // "event"
  std::string event;
  json::object data;
  std::int64_t seconds = 0, micros = 0;
};
using Message = std::variant<Greeting, Return, Refusal, Notice>;

Result<Message> parse_message(std::string_view line);

// With the line end.
std::string encode_command(std::string_view name, const json::object& arguments, std::uint64_t id);

// Text of QEMU for a message of ours: one line, printable, not longer than a screen has patience for.
std::string quotable(std::string_view text);

}  // namespace sluice::qmp
