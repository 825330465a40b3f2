#pragma once
// The client's application: it opens the connection, asks for the extension if it is that kind, then makes calls and
// opens streams of every direction, each with a plan: how much to write, when to finish, when to change its mind.

#include "end.h"

namespace sluice::sim {

enum class Outcome : std::uint8_t { none, done, failed, aborted };

struct Opened {
  const Proc* proc;
  Flow flow{};
  bool reply_last = false;
  // the plan
  std::uint64_t to_send = 0;               // pieces
  std::optional<std::uint64_t> aborts_in;  // turns
  bool finishes_early = false;             // a download, before its end
  unsigned laziness = 0;
  // how far it came
  bool open = false, ended = false, finished = false, aborted = false;
  std::uint64_t sent = 0;
  Outcome outcome = Outcome::none;
  Error why{};      // of Outcome::failed
  Buffer result{};  // of Outcome::done
};

struct ClientOptions {
  bool hello = true;
  std::uint64_t calls = 10;  // and streams, all in all
  bool flood = false;        // streams carry much, and are read slowly
};

class ClientEnd final : public End {
 public:
  ClientEnd(const session::Options& options, const ClientOptions& wishes, AllTapes& tapes, Dice& dice)
      : End(Side::client, options, tapes, dice), wishes_(wishes) {}
  void act() override;
  bool idle() const override;
  const std::map<CallId, Opened>& opened() const { return opened_; }

 private:
  enum class Greeting : std::uint8_t { begin, waits_for_open, waits_for_hello, over };

  void happened(Event& event) override;
  Flow* flow(const CallId& id) override;
  void visit_flows(const std::function<void(const CallId&, const Flow&)>& visit) const override;
  void greet();
  void begin();
  void go_on(const CallId& id, Opened& stream);
  void over(const CallId& id, Outcome outcome, Error why = {}, Buffer result = {});

  ClientOptions wishes_;
  Greeting greeting_ = Greeting::begin;
  bool open_ = false, greeted_ = false;  // connect_open, hello were answered
  std::map<CallId, Opened> opened_;      // streams and plain calls; kept when they are over
  std::vector<CallId> living_;
};

}  // namespace sluice::sim
