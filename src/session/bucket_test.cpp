// How fast bytes may pass, and how fast they did.

#include "session/bucket.h"

#include <gtest/gtest.h>

#include "session/meter.h"

namespace sluice::session {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Bytes that pass within `time` if whoever sends looks every millisecond.
std::uint64_t passed(Bucket& bucket, Instant& now, Duration time) {
  std::uint64_t sum = 0;
  for (const Instant end = now + time; now < end; now += milliseconds(1)) {
    while (bucket.open(now)) {
      sum += bucket.most();
      bucket.take(bucket.most(), now);
    }
  }
  return sum;
}

TEST(Bucket, WithoutALimitIsAlwaysOpen) {
  Bucket bucket;
  EXPECT_FALSE(bucket.limited());
  bucket.take(std::uint64_t{1} << 40, Instant{});
  EXPECT_TRUE(bucket.open(Instant{}));
  EXPECT_EQ(bucket.most(), limits::body_max);
}

TEST(Bucket, WhatWasTakenIsPaidForInTime) {
  Bucket bucket;
  const Instant begin{};
  EXPECT_EQ(bucket.limit(10'000, begin), 10'000u);
  EXPECT_TRUE(bucket.open(begin));
  bucket.take(5'000, begin + seconds(10));
  EXPECT_EQ(bucket.opens_at(), begin + seconds(10) - milliseconds(50) + milliseconds(500));
  EXPECT_FALSE(bucket.open(bucket.opens_at() - Duration(1)));
  EXPECT_TRUE(bucket.open(bucket.opens_at()));
}

TEST(Bucket, HoldsItsRateOverTime) {
  for (const std::uint64_t rate : {std::uint64_t{1'024}, std::uint64_t{1'000'000}, std::uint64_t{300'000'000}}) {
    Bucket bucket;
    Instant now{};
    bucket.limit(rate, now);
    const auto sum = static_cast<double>(passed(bucket, now, seconds(20)));
    EXPECT_NEAR(sum / 20, static_cast<double>(rate), static_cast<double>(rate) / 50 + bucket.most()) << rate;
  }
}

TEST(Bucket, IdlenessIsNoCredit) {
  Bucket bucket;
  Instant now{};
  bucket.limit(1'000'000, now);
  now += seconds(100);
  EXPECT_LE(passed(bucket, now, milliseconds(100)), 150'000u + 2 * bucket.most());
}

TEST(Bucket, AHigherLimitShortensTheWaiting) {
  Bucket bucket;
  const Instant now{};
  bucket.limit(1'024, now);
  bucket.take(1'024'000, now);  // for a thousand seconds
  bucket.limit(1'024'000, now);
  EXPECT_LE(bucket.opens_at(), now + seconds(1));
  EXPECT_GT(bucket.opens_at(), now + milliseconds(900));
}

TEST(Bucket, ALowerLimitDoesNotLengthenTheWaiting) {
  Bucket bucket;
  const Instant now{};
  bucket.limit(1'000'000, now);
  bucket.take(1'000'000, now);
  const Instant before = bucket.opens_at();
  bucket.limit(2'000, now);
  EXPECT_EQ(bucket.opens_at(), before);
}

TEST(Bucket, NoLimitEndsTheWaiting) {
  Bucket bucket;
  const Instant now{};
  bucket.limit(1'024, now);
  bucket.take(1'000'000, now);
  EXPECT_FALSE(bucket.open(now));
  EXPECT_EQ(bucket.limit(0, now), 0u);
  EXPECT_TRUE(bucket.open(now));
  bucket.limit(1'024, now);
  EXPECT_TRUE(bucket.open(now)) << "an old debt does not come back";
}

TEST(Bucket, SaysWhatWillHold) {
  Bucket bucket;
  EXPECT_EQ(bucket.limit(1, Instant{}), limits::rate_min);
  EXPECT_EQ(bucket.limit(UINT64_MAX, Instant{}), limits::rate_max);
  EXPECT_EQ(bucket.limit(), limits::rate_max);
  EXPECT_EQ(bucket.most(), limits::body_max);
}

TEST(Meter, TellsTheLastSecond) {
  Meter meter;
  Instant now{seconds(1000)};
  EXPECT_EQ(meter.rate(now), 0u);
  for (int i = 0; i < 30; ++i, now += milliseconds(100)) meter.add(100, now);
  EXPECT_EQ(meter.rate(now - milliseconds(1)), 1000u);
  EXPECT_EQ(meter.rate(now + milliseconds(400)), 500u);
  EXPECT_EQ(meter.rate(now + milliseconds(899)), 100u);
  EXPECT_EQ(meter.rate(now + milliseconds(900)), 0u);
}

TEST(Meter, ForgetsWhatCameBeforeALongPause) {
  Meter meter;
  meter.add(7, Instant{seconds(3)});
  meter.add(5, Instant{seconds(300)});
  EXPECT_EQ(meter.rate(Instant{seconds(300)}), 5u);
}

TEST(Meter, TakesATimeBeforeItsOwnForNow) {
  Meter meter;
  meter.add(7, Instant{seconds(3)});
  meter.add(5, Instant{seconds(2)});
  EXPECT_EQ(meter.rate(Instant{seconds(3)}), 12u);
}

}  // namespace
}  // namespace sluice::session
