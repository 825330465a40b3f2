// Streams of drawn weights come, go, stand still and are weighed anew, while others have something to send without a
// pause. After every frame each pair of these has shared what left since both began as their weights say, to a frame of
// either.

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <utility>

#include "dice.h"
#include "session/sample_program.h"
#include "session/session.h"
#include "wire/frame.h"

namespace sluice::sim {
namespace {

using namespace sluice::session;

constexpr std::array programs{Sample::info()};
constexpr std::uint64_t plenty = std::uint64_t{1} << 50;
constexpr std::uint32_t frame_most = 20'000;

class Shares {
 public:
  explicit Shares(std::uint64_t seed) : dice_(seed) {
    for (int i = 0; i < 2; ++i) open();
  }

  // Something may happen, then a frame leaves.
  void step() {
    if (dice_.one_in(8)) happen();
    const auto out = daemon_.compose(frame_max_);
    if (!out) return;
    ASSERT_TRUE(out->stream.has_value()) << "nothing but data is left to be sent";
    for (auto& [pair, since] : pairs_) {
      const std::uint64_t bytes = out->head.size() + out->body;
      if (pair.first == *out->stream) since.first += bytes;
      if (pair.second == *out->stream) since.second += bytes;
    }
    judge();
  }
  std::uint64_t judged() const { return judged_; }

 private:
  struct Stream {
    double weight = 100;
    bool endless = false;  // it always has more to send; others only now and then
  };

  static Options options() {
    Options options;
    options.programs = programs;
    return options;
  }

  void happen() {
    switch (dice_.pick(5)) {
      case 0: return streams_.size() < 12 ? open() : close(any());
      case 1: return streams_.size() > 2 ? close(any()) : open();
      case 2: return weigh(any());
      case 3: {
        const CallId id = any();
        if (!streams_[id].endless) daemon_.ready(id, 1 + dice_.pick(5000));
        return;
      }
      default: frame_max_ = 1 + static_cast<std::uint32_t>(dice_.pick(frame_most));
    }
  }

  void open() {
    const wire::Header call{.program = Sample::number,
                            .version = 1,
                            .procedure = Download::proc.number,
                            .kind = wire::Kind::call,
                            .serial = serials_++};
    daemon_.receive(wire::frame(call, {}));
    const CallId id = std::get<CallArrived>(*daemon_.next()).id;
    daemon_.accept(id, {});
    send_control();
    streams_[id].endless = !dice_.one_in(3);
    if (streams_[id].endless) daemon_.ready(id, plenty);
    weigh(id);
  }
  void close(const CallId& id) {
    daemon_.fail(id, {.code = Code::operation_failed, .message = "no"});
    send_control();
    forget_pairs(id);
    streams_.erase(id);
  }
  void send_control() {
    while (daemon_.control_queued() > 0) ASSERT_TRUE(daemon_.compose(frame_max_));
  }
  // From now on it is compared anew with each of the others.
  void weigh(const CallId& id) {
    const std::uint32_t weight = dice_.one_in(4) ? 100 : 1 + static_cast<std::uint32_t>(dice_.pick(1000));
    ASSERT_TRUE(daemon_.weigh(id, weight));
    streams_[id].weight = weight;
    forget_pairs(id);
    if (!streams_[id].endless) return;
    for (const auto& [other, stream] : streams_) {
      if (other != id && stream.endless) pairs_[{id, other}] = {};
    }
  }
  void forget_pairs(const CallId& id) {
    std::erase_if(pairs_, [&](const auto& pair) { return pair.first.first == id || pair.first.second == id; });
  }
  CallId any() {
    auto at = streams_.begin();
    std::advance(at, dice_.pick(streams_.size()));
    return at->first;
  }

  void judge() {
    for (const auto& [pair, since] : pairs_) {
      const double one = streams_.at(pair.first).weight, other = streams_.at(pair.second).weight;
      constexpr double frame = limits::frame_head + frame_most;
      const double apart = static_cast<double>(since.first) / one - static_cast<double>(since.second) / other;
      ASSERT_LE(std::abs(apart), frame / one + frame / other + 2) << "of weights " << one << " and " << other;
      ++judged_;
    }
  }

  Dice dice_;
  Session daemon_{Side::daemon, options()};
  std::map<CallId, Stream> streams_;
  // Of endless streams: what left of each since the two are compared.
  std::map<std::pair<CallId, CallId>, std::pair<std::uint64_t, std::uint64_t>> pairs_;
  std::uint32_t serials_ = 0, frame_max_ = frame_most;
  std::uint64_t judged_ = 0;
};

TEST(Weights, AreHeededToAFrameWhateverElseHappens) {
  std::uint64_t judged = 0;
  for (std::uint64_t seed = 1; seed <= 50 && !testing::Test::HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Shares shares(seed);
    for (int i = 0; i < 2000 && !testing::Test::HasFatalFailure(); ++i) shares.step();
    judged += shares.judged();
  }
  EXPECT_GT(judged, 100'000u);
}

}  // namespace
}  // namespace sluice::sim
