#pragma once
// A client's application that writes what it planned and finishes each stream, unless it is told to give one up.

#include "talk.h"

namespace sluice::sim {

class PlannedClient {
 public:
  PlannedClient(const Options& options, Talks& talks) : party(Side::client, options), talks_(talks) {}

  Talk& open(const Plan& plan);
  void call();    // one without a stream
  bool act();     // false: there was nothing to do
  void happen();  // its events
  void finish(Talk& talk);
  void abort(Talk& talk);

  int asked() const { return asked_; }
  int answered() const { return answered_; }

  Party party;

 private:
  bool go_on(Talk& talk);
  void over(Talk& talk, Ending ending, Error why = {});

  void on(const HelloAnswered& hello);
  void on(ReplyArrived& reply);
  void on(const StreamEnded& ended);
  void on(const StreamConfirmed& confirmed);
  void on(StreamFailed& failed);
  void on(const WindowOpened&) {}
  template <class Other>
  void on(const Other&) {
    throw BrokenPromise("something happens to the client that should not");
  }

  Talks& talks_;
  int asked_ = 0, answered_ = 0;
};

}  // namespace sluice::sim
