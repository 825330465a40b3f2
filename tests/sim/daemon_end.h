#pragma once
// The daemon's application: a handler for each call, each with a plan drawn when the call arrived - answer well,
// refuse, fail at some piece, dawdle, be deaf to an abort.

#include "end.h"

namespace sluice::sim {

struct Handler {
  const Proc* proc;
  Flow flow{};
  bool reply_last = false;
  // the plan
  bool refuses = false;
  std::optional<std::uint64_t> fails_at;  // after so many pieces
  std::uint64_t to_send = 0;              // pieces
  unsigned laziness = 0;                  // percent of its turns in which it does nothing
  bool writes_first = false;              // reads only when all it wrote has left
  bool settles_early = false;             // done before the client finished
  // how far it came
  bool accepted = false, ended = false, finished = false, stopped = false, over = false;
  bool done = false;  // over and well
  std::uint64_t sent = 0;
  std::string reason;  // what it failed with
};

class DaemonEnd final : public End {
 public:
  // With `flood` its streams carry much, and are read slowly.
  DaemonEnd(const session::Options& options, bool flood, AllTapes& tapes, Dice& dice)
      : End(Side::daemon, options, tapes, dice), flood_(flood) {}
  void act() override;
  bool idle() const override;
  const std::map<CallId, Handler>& handlers() const { return handlers_; }

 private:
  void happened(Event& event) override;
  Flow* flow(const CallId& id) override;
  void visit_flows(const std::function<void(const CallId&, const Flow&)>& visit) const override;
  void began(session::CallArrived& call);
  void answer(const CallId& id, Handler& handler);
  void stream_on(const CallId& id, Handler& handler);
  void fail(const CallId& id, Handler& handler, std::string why);
  void succeed(const CallId& id, Handler& handler);

  bool flood_;
  std::map<CallId, Handler> handlers_;  // kept when they are over: the world looks at them
  std::vector<CallId> working_;
};

}  // namespace sluice::sim
