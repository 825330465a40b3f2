#pragma once
// A client and a daemon with four streams at once, which follow their plans: the same setting, the same run. It goes in
// movements: one end sends a frame, or reads. Before any of them a stream may be given up; the connection then has one
// more call, and one more stream of the same kind once the client knows how the other ended.
//
//   Conversation undisturbed(setting);
//   undisturbed.run();
//   for (const Cancel& cancel : undisturbed.possible()) Conversation(setting, cancel).run();

#include <array>

#include "lane.h"
#include "planned_client.h"
#include "planned_daemon.h"

namespace sluice::sim {

struct Setting {
  bool extended = false;
  bool reply_last = false;   // of one of the two uploads
  std::uint64_t window = 0;  // of each stream
  LaneOptions lanes{};
  Stop stop = Stop::at_once;
  bool limited = false;  // two of the streams
};

enum class How : std::uint8_t {
  client_aborts,
  daemon_fails,
  both,
  finish_and_abort,
  finish_and_fail,
  abort_and_done,
  client_finishes,  // before it got everything
  daemon_is_done    // the same
};
inline constexpr std::array every_how{How::client_aborts,    How::daemon_fails,    How::both,
                                      How::finish_and_abort, How::finish_and_fail, How::abort_and_done,
                                      How::client_finishes,  How::daemon_is_done};

struct Cancel {
  std::size_t stream = 0;
  How how{};
  int boundary = 0;       // movements before it
  std::size_t split = 0;  // bytes that were read of each frame that comes next
};

std::string describe(const Setting& setting);
std::string describe(const Cancel& cancel);

class Conversation {
 public:
  explicit Conversation(const Setting& setting, std::optional<Cancel> cancel = {});
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  void run();  // throws BrokenPromise
  // The cancels that change something, at every boundary of a run without one.
  const std::vector<Cancel>& possible() const { return possible_; }
  std::uint64_t movements() const { return static_cast<std::uint64_t>(movements_); }

 private:
  bool advance();  // by a movement; false: nothing is left to do
  bool act();
  bool pass_time();  // until a session wants to be told; false: none does
  bool move(int turn);
  bool send(Party& from, Lane& lane);
  bool read(Lane& lane, const Party& from, Party& to);
  void read(Lane& lane, Party& to, std::size_t count);
  void happen();

  void at_boundary();
  void find_possible();
  bool divides(std::size_t split) const;
  void divide(std::size_t split);
  void give_up(Talk& talk);
  void fail(Talk& talk);

  // What must hold at the end.
  void judge();
  void judge_connection(const Party& party, const Budget& budget) const;
  void judge_whole(const Talk& talk);
  void judge_given_up(const Talk& talk);
  void judge_direction(const std::string& written, Party& from, Party& to, const CallId& id) const;

  Setting setting_;
  std::optional<Cancel> cancel_;
  Budget client_budget_, daemon_budget_;
  Talks talks_;
  PlannedClient client_;
  PlannedDaemon daemon_;
  Lane up_, down_;
  int turn_ = 0, movements_ = 0, waits_ = 0;
  bool given_up_ = false, again_ = false;
  bool finished_before_ = false;  // when it was given up
  std::vector<Cancel> possible_;
};

}  // namespace sluice::sim
