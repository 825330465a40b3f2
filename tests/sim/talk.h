#pragma once
// One stream of a planned run, as the applications of both ends know it.

#include <deque>
#include <optional>
#include <string>

#include "broken_promise.h"
#include "party.h"

namespace sluice::sim {

enum class Ending : std::uint8_t { none, done, failed, aborted };

// How far a stream had come when its end gave it up, or heard that the other one did.
struct Mark {
  int sent = 0;              // frames
  std::size_t received = 0;  // bytes
  bool operator==(const Mark&) const = default;
};

struct Plan {
  const Proc* proc = nullptr;
  bool reply_last = false;
  bool at_once = false;   // all is written at the beginning; otherwise a piece when the one before has left
  int accepts_after = 0;  // turns of the handler
  bool limited = false;   // a piece leaves only when time has passed
};

struct Talk {
  Plan plan;
  CallId id{};

  // The client's.
  bool open = false, ended = false, finished = false, aborted = false;
  std::string up;  // what was written
  Ending ending = Ending::none;
  Error why{};  // of Ending::failed
  std::optional<Mark> client_mark{};
  std::size_t taken_at_finish = 0;  // bytes

  // The handler's.
  bool called = false, accepted = false, ended_down = false, finish_told = false, abort_told = false;
  bool fails = false;  // as soon as it is called
  bool over = false, well = false;
  int turns = 0;       // that it lets pass before its next step
  std::string down;    // what was written
  std::string reason;  // of a failure
  std::optional<Mark> daemon_mark{};

  bool writes_up() const { return plan.proc->stream != Streaming::down; }
  bool writes_down() const { return plan.proc->stream != Streaming::up; }
};

// Of both ends; what was found stays where it is.
class Talks {
 public:
  Talk& add(const Plan& plan) { return talks_.emplace_back(Talk{.plan = plan}); }
  Talk& at(const CallId& id) {
    for (Talk& talk : talks_) {
      if (talk.id == id) return talk;
    }
    throw BrokenPromise("something is told of a stream that was never opened");
  }
  Talk& operator[](std::size_t index) { return talks_[index]; }
  std::size_t size() const { return talks_.size(); }
  auto begin() { return talks_.begin(); }
  auto end() { return talks_.end(); }

 private:
  std::deque<Talk> talks_;
};

inline constexpr std::size_t piece_size = 12;
inline constexpr std::size_t all_size = 3 * piece_size;  // of each direction of a stream

// The bytes of a direction, which differ from those of any other.
inline std::string content(const CallId& id, unsigned direction) {
  std::string bytes(all_size, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(static_cast<unsigned char>(direction * 5 + id.serial * 59 + i * 7));
  }
  return bytes;
}

// What of `all` is written next, after `written`.
inline std::string next_piece(const Plan& plan, const std::string& all, std::size_t written) {
  return all.substr(written, plan.at_once ? std::string::npos : piece_size);
}

inline Mark mark(Party& party, const CallId& id) {
  return {.sent = party.frames_sent[id], .received = party.inbox[id].size()};
}

// The session still knows the call, so nothing else can have its serial.
inline bool holds_serial(const Session& session, const Talk& talk) {
  return session.describe().contains(std::string(talk.plan.proc->name) + " #" + std::to_string(talk.id.serial) + " ");
}

}  // namespace sluice::sim
