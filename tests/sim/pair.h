#pragma once
// Two sessions and a few frames on their way between them, for tests that want to choose the moment.

#include <deque>
#include <map>
#include <string>

#include "base/assert.h"
#include "session/sample_program.h"
#include "session/session.h"

namespace sluice::sim {

using namespace sluice::session;

struct Party {
  Party(Side side, const Options& options) : session(side, options) {}

  void ready(const CallId& id, std::string bytes) {
    session.ready(id, bytes.size());
    outbox[id] += bytes;
  }
  // A frame, or nothing.
  Buffer compose(std::uint32_t most) {
    auto out = session.compose(most);
    if (!out) return {};
    if (out->stream) {
      std::string& queue = outbox[*out->stream];
      ensure(out->body <= queue.size(), "only what was written is sent");
      const Bytes body = as_bytes(queue).first(out->body);
      out->head.insert(out->head.end(), body.begin(), body.end());
      queue.erase(0, out->body);
      ++frames_sent[*out->stream];
    }
    return std::move(out->head);
  }
  void receive(Bytes bytes) {
    while (!bytes.empty()) {
      if (const auto body = session.body()) {
        const Bytes part = bytes.first(std::min<std::size_t>(body->left, bytes.size()));
        if (!body->drop) inbox[body->id] += as_text(part);
        session.received(static_cast<std::uint32_t>(part.size()));
        if (!body->drop) session.taken(body->id, limits::frame_head + part.size());
        bytes = bytes.subspan(part.size());
      } else {
        bytes = bytes.subspan(session.receive(bytes));
      }
    }
  }

  Session session;
  std::map<CallId, std::string> outbox, inbox;
  std::map<CallId, int> frames_sent;
};

// Frames of each direction arrive in order, `in_flight` of them late.
class Pair {
 public:
  Pair(const Options& options, std::size_t in_flight)
      : client(Side::client, options), daemon(Side::daemon, options), in_flight_(in_flight) {}

  // One frame each way; false: nothing moved.
  bool step(std::size_t late) {
    const bool up = move(client, up_, daemon, late);
    const bool down = move(daemon, down_, client, late);
    return up || down;
  }
  bool step() { return step(in_flight_); }
  bool step_all() { return step(0); }

  Party client, daemon;

 private:
  static bool move(Party& from, std::deque<Buffer>& way, Party& to, std::size_t late) {
    Buffer frame = from.compose(64);
    const bool sent = !frame.empty();
    if (sent) way.push_back(std::move(frame));
    const bool arrives = way.size() > late || (!sent && !way.empty());
    if (arrives) {
      to.receive(way.front());
      way.pop_front();
    }
    return sent || arrives;
  }

  std::size_t in_flight_;
  std::deque<Buffer> up_, down_;
};

}  // namespace sluice::sim
