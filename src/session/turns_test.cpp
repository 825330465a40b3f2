#include "session/turns.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "base/limits.h"

namespace sluice::session {
namespace {

// Streams by number; each sends frames of one size.
class Ring {
 public:
  explicit Ring(const std::vector<std::uint32_t>& weights) {
    for (std::uint32_t number = 0; number < weights.size(); ++number) {
      turns_.weigh(id(number), streams_[number], weights[number]);
    }
  }
  static remote::CallId id(std::uint32_t number) { return {.program = 1, .procedure = 1, .serial = number}; }

  void add(std::uint32_t number) { turns_.add(id(number), streams_[number]); }
  void remove(std::uint32_t number) { turns_.remove(id(number), streams_[number]); }
  void weigh(std::uint32_t number, std::uint32_t weight) { turns_.weigh(id(number), streams_[number], weight); }
  void add_all() {
    for (const auto& [number, turn] : streams_) add(number);
  }
  std::uint32_t next() { return turns_.next()->serial; }
  // One frame; whose it was. It does not come back by itself.
  std::uint32_t send(std::uint64_t bytes) {
    const std::uint32_t number = next();
    remove(number);
    Turns::sent(streams_[number], bytes);
    sent[number] += bytes;
    return number;
  }
  void send_many(int frames, std::uint64_t bytes) {
    for (int i = 0; i < frames; ++i) add(send(bytes));
  }
  bool empty() const { return turns_.empty(); }

  std::map<std::uint32_t, std::uint64_t> sent;

 private:
  Turns turns_;
  std::map<std::uint32_t, Turn> streams_;
};

TEST(Turns, OfOneWeightAreTakenInTheOrderOfComing) {
  Ring ring({100, 100, 100});
  ring.add(2);
  ring.add(0);
  ring.add(1);
  for (const std::uint32_t expected : {2u, 0u, 1u, 2u, 0u, 1u}) {
    EXPECT_EQ(ring.send(1000), expected);
    ring.add(expected);
  }
}

TEST(Turns, AreCountedInBytesNotInFrames) {
  Ring ring({100, 100});
  ring.add_all();
  for (int i = 0; i < 1100; ++i) {
    const std::uint32_t number = ring.next();
    EXPECT_EQ(ring.send(number == 0 ? 1000 : 100), number);
    ring.add(number);
  }
  EXPECT_NEAR(static_cast<double>(ring.sent[0]), static_cast<double>(ring.sent[1]), 1000);
}

TEST(Turns, FollowTheWeights) {
  Ring ring({100, 200, 700});
  ring.add_all();
  ring.send_many(10'000, 1000);
  EXPECT_NEAR(static_cast<double>(ring.sent[0]), 1e6, 1000);
  EXPECT_NEAR(static_cast<double>(ring.sent[1]), 2e6, 1000);
  EXPECT_NEAR(static_cast<double>(ring.sent[2]), 7e6, 1000);
}

TEST(Turns, TheLightestIsNotForgottenBesideTheHeaviest) {
  Ring ring({1, 1000});
  ring.add_all();
  ring.send_many(10'010, 1000);
  EXPECT_NEAR(static_cast<double>(ring.sent[0]), 10'000, 1000);
}

TEST(Turns, WhoIsAloneIsNextAtOnceWhateverItWeighs) {
  Ring ring({1});
  ring.add_all();
  ring.send_many(1000, limits::body_max);
  EXPECT_EQ(ring.sent[0], 1000u * limits::body_max);
}

// A queue that holds one frame is empty whenever that has left, and full again when the next one is chosen.
TEST(Turns, WhoseQueueIsFilledWhileTheOthersSendKeepsItsShare) {
  Ring ring({400, 100, 100, 100, 100, 100, 100});
  ring.add_all();
  std::uint32_t away = 7;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint32_t number = ring.send(1000);
    if (away < 7) ring.add(away);
    away = number;
  }
  EXPECT_NEAR(static_cast<double>(ring.sent[0]), 4e6, 1e5);
}

TEST(Turns, WhoIsNewMakesUpForNothing) {
  Ring ring({100, 100});
  ring.add(0);
  ring.send_many(1000, 1000);
  ring.add(1);
  ring.sent.clear();
  ring.send_many(100, 1000);
  EXPECT_NEAR(static_cast<double>(ring.sent[1]), 50'000, 1000);
}

TEST(Turns, WhoWasAwayForLongMakesUpForAFrameAtMost) {
  Ring ring({100, 100});
  ring.add_all();
  ring.send_many(10, 1000);
  ring.remove(1);
  ring.send_many(10'000, 1000);
  ring.add(1);
  ring.sent.clear();
  ring.send_many(1000, 1000);
  EXPECT_NEAR(static_cast<double>(ring.sent[1] - ring.sent[0]), limits::body_max, 2000);
}

TEST(Turns, NorDoesWhoLeavesAndComesGetAheadOfAnybody) {
  Ring ring({100, 100});
  ring.add_all();
  for (int i = 0; i < 1000; ++i) {
    ring.remove(1);
    ring.add(1);
    ring.add(ring.send(1000));
  }
  EXPECT_NEAR(static_cast<double>(ring.sent[1]), 500'000, 1000);
}

TEST(Turns, AGreaterWeightIsFeltAtOnce) {
  Ring ring({1, 1000});
  ring.add_all();
  ring.send_many(2, limits::body_max);  // what the light one sent is its share of a quarter of a gigabyte
  ASSERT_EQ(ring.sent[0], limits::body_max);
  ring.weigh(0, 1000);
  ring.sent.clear();
  ring.send_many(10, limits::body_max);
  EXPECT_GE(ring.sent[0], 4u * limits::body_max);
}

TEST(Turns, ASmallerWeightDoesNotPunishWhatWasSentBefore) {
  Ring ring({1000, 1000});
  ring.add_all();
  ring.send_many(2, limits::body_max);
  ring.weigh(0, 1);
  ring.send_many(4, limits::body_max);
  EXPECT_EQ(ring.sent[0], 2u * limits::body_max);
}

TEST(Turns, WhoLeftIsNotNext) {
  Ring ring({100, 100});
  ring.add(0);
  ring.add(0);
  ring.remove(0);
  EXPECT_TRUE(ring.empty());
  ring.remove(0);
  ring.add(1);
  EXPECT_EQ(ring.send(1), 1u);
  EXPECT_TRUE(ring.empty());
}

}  // namespace
}  // namespace sluice::session
