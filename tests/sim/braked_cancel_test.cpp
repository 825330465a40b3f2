// Without windows a consumer that takes nothing holds the brake, and its connection is not read any more. At every
// frame of such a transfer either end gives it up, or both do. Who holds the brake lets go of it by giving up; who does
// not hears of the other's when its consumer takes what it holds. Then everything goes on. Bodies are only counted.

#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "session/sample_program.h"
#include "session/session.h"

namespace sluice::sim {
namespace {

using namespace sluice::session;

constexpr std::array programs{Sample::info()};
constexpr std::uint64_t all = limits::brake_high + 1'000'000;  // of the stream that is given up
constexpr std::uint64_t all_beside = 1'000'000;
constexpr std::size_t on_its_way_max = 2;  // frames, as sockets hold no more

enum class Who : std::uint8_t { client, daemon, both };

class Standing {
 public:
  explicit Standing(const Proc& proc) : down_(proc.stream == Streaming::down) {
    given_up_ = client_.call(Sample::number, proc, {}, {});
    beside_ = client_.call(Sample::number, Upload::proc, {}, {});
  }

  bool step() {
    const bool up = move(client_, way_up_, daemon_);
    const bool down = move(daemon_, way_down_, client_);
    while (auto event = daemon_.next()) std::visit([this](const auto& what) { at_daemon(what); }, *event);
    while (auto event = client_.next()) std::visit([this](const auto& what) { at_client(what); }, *event);
    return up || down;
  }

  bool braked() const { return client_.braked() || daemon_.braked(); }

  void give_up(Who who) {
    const bool braked = receiver().braked();
    if (who != Who::daemon) client_.abort(given_up_, {.code = Code::operation_aborted, .message = "enough"});
    if (who != Who::client) fail();
    const bool by_receiver = who == Who::both || (who == Who::client) == down_;
    if (by_receiver) EXPECT_FALSE(receiver().braked());
    client_.call(Sample::number, Plain::proc, {}, {});
    run();
    if (braked && !by_receiver) EXPECT_TRUE(receiver().braked()) << "what nobody takes stands before the news";
    receiver().taken(given_up_, held_);
    run();
    EXPECT_EQ(outcome_, who == Who::client ? "aborted;" : "disk full;");
  }

  void all_goes_on() {
    EXPECT_EQ(outcome_beside_, "done;");
    EXPECT_EQ(taken_beside_, all_beside);
    EXPECT_EQ(answers_, 1);
    EXPECT_FALSE(braked());
    EXPECT_EQ(client_.streams() + daemon_.streams(), 0u);
    EXPECT_EQ(client_.counters().violations + daemon_.counters().violations, 0u);
  }

 private:
  struct Frame {
    Buffer head;
    std::uint32_t body;
  };

  static Options options() {
    Options options;
    options.programs = programs;
    return options;
  }
  Session& receiver() { return down_ ? client_ : daemon_; }

  void run() {
    while (step()) continue;
  }

  bool move(Session& from, std::deque<Frame>& way, Session& to) {
    auto out = way.size() < on_its_way_max ? from.compose(limits::body_max) : std::nullopt;
    const bool sent = out.has_value();
    if (sent) way.push_back({.head = std::move(out->head), .body = out->body});
    if (way.empty() || to.braked()) return sent;
    Bytes head = way.front().head;
    while (!head.empty()) head = head.subspan(to.receive(head));
    if (const auto body = to.body()) take(to, *body);
    way.pop_front();
    return true;
  }
  // The consumer of the stream beside takes at once, that of the other nothing.
  void take(Session& to, const Body& body) {
    to.received(body.left);
    if (body.drop) return;
    const std::uint64_t cost = limits::frame_head + body.left;
    if (body.id == given_up_) {
      held_ += cost;
    } else {
      to.taken(body.id, cost);
      taken_beside_ += body.left;
    }
  }

  void fail() {
    handler_over_ = true;
    daemon_.fail(given_up_, {.code = Code::operation_failed, .message = "disk full"});
  }

  void at_daemon(const CallArrived& call) {
    if (call.proc->stream == Streaming::none) return daemon_.reply(call.id, {});
    daemon_.accept(call.id, {});
    if (call.id == given_up_ && down_) daemon_.ready(call.id, all);
  }
  void at_daemon(const StreamFailed& failed) {
    EXPECT_EQ(failed.id, given_up_);
    if (!handler_over_) fail();
  }
  void at_daemon(const StreamFinished& finished) { daemon_.done(finished.id, {}); }
  template <class Other>
  void at_daemon(const Other&) {}

  void at_client(const ReplyArrived& reply) {
    if (reply.id.procedure == Plain::proc.number) ++answers_;
    if (reply.id == given_up_ && !down_) client_.ready(reply.id, all);
    if (reply.id != beside_) return;
    client_.ready(reply.id, all_beside);
    client_.finish(reply.id);
  }
  void at_client(const StreamConfirmed& confirmed) {
    (confirmed.id == given_up_ ? outcome_ : outcome_beside_) += confirmed.aborted ? "aborted;" : "done;";
  }
  void at_client(const StreamFailed& failed) { outcome_ += failed.why.message + ";"; }
  template <class Other>
  void at_client(const Other&) {}

  const bool down_;
  Session client_{Side::client, options()}, daemon_{Side::daemon, options()};
  std::deque<Frame> way_up_, way_down_;
  CallId given_up_{}, beside_{};
  std::uint64_t held_ = 0, taken_beside_ = 0;
  bool handler_over_ = false;
  int answers_ = 0;
  std::string outcome_, outcome_beside_;
};

void at_every_step(const Proc& proc) {
  for (const Who who : {Who::client, Who::daemon, Who::both}) {
    bool stands = false;
    for (int boundary = 3; !stands && !testing::Test::HasFailure(); ++boundary) {
      Standing transfer(proc);
      int steps = 0;
      while (steps < boundary && transfer.step()) ++steps;
      stands = steps < boundary;
      if (stands) EXPECT_TRUE(transfer.braked());
      transfer.give_up(who);
      transfer.all_goes_on();
      EXPECT_LT(boundary, 100) << "it never stands";
    }
  }
}

TEST(BrakedCancel, OfAnUploadAtEveryStep) { at_every_step(Upload::proc); }
TEST(BrakedCancel, OfADownloadAtEveryStep) { at_every_step(Download::proc); }

}  // namespace
}  // namespace sluice::sim
