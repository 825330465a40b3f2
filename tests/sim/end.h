#pragma once
// One end of the simulated connection: a session, and in place of a link's chunks and pipes the plainest things that
// can hold them. ClientEnd and DaemonEnd decide what to do with it.

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "carrier.h"
#include "dice.h"
#include "session/sample_program.h"
#include "session/session.h"
#include "tape.h"
#include "wire/frame.h"

namespace sluice::sim {

using remote::CallId;
using remote::Proc;
using session::Event;
using session::Sample;
using session::Session;
using session::Side;

inline constexpr std::size_t read_max = 1'000'000;  // bytes of one read

struct Tapes {
  Tape up, down;
};
using AllTapes = std::map<CallId, Tapes>;  // by the call that opened the stream; shared by both ends

// One end's hold of a stream.
struct Flow {
  Tape* out = nullptr;                // null: its direction does not let this end send
  Tape* in = nullptr;                 // null: nor receive
  std::string outbox{};               // written, not yet on its way
  std::deque<std::uint64_t> inbox{};  // costs of pieces that nobody has taken
  std::uint64_t held = 0;             // their sum
  std::uint64_t consumed = 0;         // pieces taken

  void write(Session& session, const CallId& id, Dice& dice, std::uint64_t most, bool holes);
  void take_one(Session& session, const CallId& id);
  void forget();  // the stream is over
};

class End {
 public:
  End(Side side, const session::Options& options, AllTapes& tapes, Dice& dice);
  End(const End&) = delete;
  End& operator=(const End&) = delete;
  virtual ~End() = default;

  virtual void act() = 0;            // the application does something, or nothing
  virtual bool idle() const = 0;     // it has nothing left to do
  void hurry() { hurries_ = true; }  // begin nothing new, finish what was begun, do not dawdle
  void send(Carrier& to);            // a frame, if there is one
  void receive(Carrier& from, std::size_t most);
  void tick(Instant now);
  void lost();  // the transport ended
  bool broken() const { return broken_; }
  Session& session() { return session_; }
  const Session& session() const { return session_; }
  std::uint64_t braked() const { return braked_; }  // reads that were put off
  void check() const;                               // what must hold between any two steps
  std::uint64_t frames() const { return session_.counters().frames_in + session_.counters().frames_out; }

 protected:
  virtual void happened(Event& event) = 0;
  virtual Flow* flow(const CallId& id) = 0;  // null: over
  void handle_events();
  void promised(wire::Kind kind, const CallId& id);  // a control frame must leave before any data
  Dice& dice() { return dice_; }
  AllTapes& tapes() { return tapes_; }
  bool hurries() const { return hurries_; }
  virtual void visit_flows(const std::function<void(const CallId&, const Flow&)>& visit) const = 0;
  Session session_;

 private:
  void take_body(Bytes bytes);

  AllTapes& tapes_;
  Dice& dice_;
  std::uint64_t window_max_, budget_, floor_;
  bool hurries_ = false;
  bool broken_ = false;
  std::uint64_t braked_ = 0;
  std::uint64_t body_cost_ = 0;  // of the frame that is arriving
  std::set<std::pair<wire::Kind, CallId>> promised_;
};

}  // namespace sluice::sim
