#pragma once
// A client and a daemon, the wire between them, and the clock: everything is drawn from one seed, and what must hold is
// looked at after every step.

#include <memory>

#include "client_end.h"
#include "daemon_end.h"

namespace sluice::sim {

class World {
 public:
  explicit World(std::uint64_t seed);
  void run();  // throws BrokenPromise

  std::uint64_t steps() const { return steps_; }
  std::uint64_t frames() const { return client_->frames() + daemon_->frames(); }
  std::uint64_t streams() const { return tapes_.size(); }
  bool was_cut() const { return cut_; }
  bool was_braked() const { return client_->braked() + daemon_->braked() > 0; }
  std::string describe() const;

 private:
  void step();
  std::size_t read_size();
  void cut();
  void drain();
  void judge() const;
  void judge(const CallId& id, const Opened& stream) const;

  Dice dice_;
  AllTapes tapes_;
  Carrier up_, down_;
  std::unique_ptr<ClientEnd> client_;
  std::unique_ptr<DaemonEnd> daemon_;
  Instant now_{};
  std::uint64_t steps_ = 0, random_steps_, cut_after_ = 0;
  bool cut_ = false;
  bool flood_ = false;  // much data toward lazy ends without windows: the brake
};

}  // namespace sluice::sim
