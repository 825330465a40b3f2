#pragma once
// One connection to QEMU's monitor, without the connection: bytes in, events out, commands as text to send.
//
//   Monitor monitor;
//   monitor.feed(bytes);                                     // in any split
//   while (auto event = monitor.next()) ...                  // Ready, Answer, Notified, Broken
//   send(monitor.to_send());                                 // what it wants to say by itself (the negotiation)
//   send(monitor.command("migrate", {{"uri", "fd:migrate"}}, 7));   // after Ready; Answer{7, ...} will come
//   monitor.ended();                                         // the socket is at its end
//
// QEMU is not trusted: whatever it sends, the worst that comes out is one Broken, and nothing after it.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "qmp/json.h"
#include "qmp/line.h"
#include "qmp/message.h"
#include "qmp/states.h"

namespace sluice::qmp {

struct Ready {
  Version version;
};
struct Answer {
  std::uint64_t id = 0;
  Result<json::value> result;  // an error is QEMU's: "QEMU refused 'migrate': ..."
};
struct Notified {
  std::string event;  // "STOP"
  json::object data;
  std::int64_t seconds = 0, micros = 0;
};
struct Broken {  // final
  Error error;
};
using Event = std::variant<Ready, Answer, Notified, Broken>;

class Monitor {
 public:
  Monitor();

  void feed(Bytes bytes);
  void ended();
  std::optional<Event> next();
  // Bytes to send that no command() gave; empty most of the time. Ask after next() gave nothing.
  std::string to_send();

  // The text of a command, to be sent as one. `id` is the caller's choice and unique among the unanswered.
  // "quit" makes the end of the connection expected and is the last command. Only while state() is ready: anything else
  // is a mistake of the caller.
  std::string command(std::string_view name, const json::object& arguments, std::uint64_t id);

  State state() const { return state_; }
  std::size_t unanswered() const { return asked_.size(); }

 private:
  std::optional<Event> take(Message message);
  std::optional<Event> match(std::optional<std::uint64_t> id, Result<json::value> result);
  Event broken(std::string message);

  LineSplitter lines_;
  State state_ = State::greeting;
  Version version_;
  std::map<std::uint64_t, std::string> asked_;  // unanswered commands
  std::string to_send_;
  bool ended_ = false;
};

}  // namespace sluice::qmp
