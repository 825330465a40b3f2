#pragma once
// One end for tests that want to choose the moment: a session, what its streams have to send, and what they received.

#include <algorithm>
#include <map>
#include <string>
#include <utility>

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
        // A frame's head is given back with its last byte.
        if (!body->drop) held[body->id] += part.size() + (part.size() == body->left ? limits::frame_head : 0);
        if (!lazy) take();
        bytes = bytes.subspan(part.size());
      } else {
        bytes = bytes.subspan(session.receive(bytes));
      }
    }
  }
  void tick(Instant at) {
    now = at;
    session.tick(now);
  }
  // Its consumers take all that they hold.
  void take() {
    for (auto& [id, cost] : held) {
      if (cost > 0) session.taken(id, std::exchange(cost, 0));
    }
  }

  Session session;
  bool lazy = false;  // its consumers take only when take() says so
  std::map<CallId, std::string> outbox, inbox;
  std::map<CallId, int> frames_sent;
  std::map<CallId, std::uint64_t> held;
  Instant now{};
};

}  // namespace sluice::sim
