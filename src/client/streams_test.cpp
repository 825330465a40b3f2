// Streams seen and steered through the public API, on test:///default: those of the connection itself.

#include <sluice/host.h>

#include <condition_variable>
#include <map>
#include <mutex>

#include "client/play_service_test.h"

namespace sluice::client {
namespace {

class Steered : public ::testing::Test {
 protected:
  StreamInfo only_one() {
    const std::vector<StreamInfo> all = host.streams();
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? StreamInfo{} : all[0];
  }
  // Reads it to its end, or until it fails.
  static void read_all(Stream& stream) {
    std::vector<std::byte> room(65536);
    while (stream.read(room) != 0) {
    }
  }

  Runtime runtime;
  Host host = Host::connect("test:///default", {.runtime = runtime});
  Domain test = host.lookup("test");
};

TEST_F(Steered, AStreamIsListedWhileItLasts) {
  EXPECT_TRUE(host.streams().empty());
  Stream state = test.save({.bandwidth = 1'000'000});
  std::vector<std::byte> room(100);
  ASSERT_GT(state.read(room), 0U);
  const StreamInfo info = only_one();
  EXPECT_EQ(info.operation, "domain_save");
  EXPECT_EQ(info.object, "test");
  EXPECT_EQ(info.direction, StreamDirection::down);
  EXPECT_EQ(info.state, StreamState::open);
  EXPECT_EQ(info.limit, 1'000'000U);
  EXPECT_GT(info.out, 0U);
  EXPECT_GT(info.opened.time_since_epoch().count(), 0);
  EXPECT_EQ(host.limit_stream(info.id, 0), 0U);
  read_all(state);
  state.finish();
  EXPECT_TRUE(host.streams().empty());
}

TEST_F(Steered, ItIsLimitedAndCancelledWithAReason) {
  Stream state = test.save({.bandwidth = 1024});
  std::vector<std::byte> room(100);
  ASSERT_GT(state.read(room), 0U);
  const std::uint64_t id = only_one().id;
  EXPECT_EQ(host.limit_stream(id, 1), 1024U);
  EXPECT_EQ(host.limit_stream(id, 5'000), 5'000U);
  EXPECT_EQ(only_one().limit, 5'000U);
  host.cancel_stream(id, "maintenance");
  const Error why = failure_of([&] { read_all(state); });
  EXPECT_EQ(why.code, Code::operation_aborted);
  EXPECT_NE(why.message.find(": maintenance"), std::string::npos) << why.message;
  EXPECT_EQ(test.state(), DomainState::running);
}

TEST_F(Steered, ItIsWeighedFromEitherEnd) {
  Stream state = test.save({.bandwidth = 1024});
  std::vector<std::byte> room(100);
  ASSERT_GT(state.read(room), 0U);
  const StreamInfo info = only_one();
  EXPECT_EQ(info.weight, usual_weight);
  host.weigh_stream(info.id, 300);
  EXPECT_EQ(only_one().weight, 300U);
  state.weigh(1000);
  ASSERT_TRUE(soon([&] { return only_one().weight == 1000; }));
  for (const std::uint32_t weight : {0U, 1001U}) {
    const std::string odd = "a weight is 1 to 1000, not " + std::to_string(weight);
    for (const Error& why :
         {failure_of([&] { state.weigh(weight); }), failure_of([&] { host.weigh_stream(info.id, weight); })}) {
      EXPECT_EQ(why.code, Code::invalid_arg);
      EXPECT_EQ(why.message, odd);
    }
  }
  EXPECT_EQ(only_one().weight, 1000U);
}

TEST_F(Steered, AnUploadIsWeighedBeforeItOpens) {
  RestoreStream back = host.restore();
  back.weigh(7);
  back.try_write(std::vector<std::byte>(10));
  ASSERT_TRUE(soon([&] { return host.streams().size() == 1 && only_one().weight == 7; }));
}

TEST_F(Steered, AWholeTransferHasAWeight) {
  std::uint32_t seen = 0;
  const Writer look = [&](std::span<const std::byte>) {
    if (seen == 0) seen = only_one().weight;
  };
  EXPECT_EQ(failure_of([&] { test.save(look, {}, {.weight = 1001}); }).code, Code::invalid_arg);
  EXPECT_TRUE(soon([&] { return test.state() == DomainState::running; })) << "it was given up";
  test.save(look, {}, {.weight = 50});
  EXPECT_EQ(seen, 50U);
}

TEST_F(Steered, WhatIsNotThereIsNotSteered) {
  EXPECT_EQ(failure_of([&] { host.weigh_stream(77, 1); }).code, Code::invalid_stream);
  EXPECT_EQ(failure_of([&] { host.cancel_stream(77); }).code, Code::invalid_stream);
  EXPECT_EQ(failure_of([&] { host.limit_stream(77, 1); }).code, Code::invalid_stream);
}

TEST_F(Steered, WhatNobodyReadsIsNotFetched) {
  Stream state = test.save();
  ASSERT_TRUE(soon([&] { return !host.streams().empty() && host.streams()[0].waits == StreamWait::window; }));
  EXPECT_LE(only_one().out, limits::window) << "a window, and nothing beyond it";
  host.cancel_stream(only_one().id, "enough");
  EXPECT_TRUE(soon([&] { return state.failure().has_value(); })) << "it is heard of without reading";
}

TEST_F(Steered, AnOwnLimitHoldsAndCanBeLifted) {
  std::vector<std::byte> state;
  const Writer writer = [&](std::span<const std::byte> bytes) {
    state.insert(state.end(), bytes.begin(), bytes.end());
  };
  test.save(writer, {}, {.limit = std::uint64_t{1} << 40});
  RestoreStream back = host.restore();
  back.limit(1024);
  const std::size_t sent = back.try_write(state);
  ASSERT_TRUE(soon([&] { return !host.streams().empty() && host.streams()[0].in > 0; }));
  EXPECT_LT(only_one().in, 64U * 1024) << "a thousand bytes per second";
  back.limit(0);
  back.write(std::span<const std::byte>(state).subspan(sent));
  EXPECT_EQ(back.finish().name(), "test");
}

// What one watcher was told.
class Told {
 public:
  std::function<void(const StreamReport&)> callback() {
    return [this](const StreamReport& report) {
      const std::lock_guard lock(mutex_);
      ++reports_;
      for (const StreamInfo& stream : report.streams) latest_[stream.id] = stream;
      changed_.notify_all();
    };
  }
  void until_reported() {
    wait([this] { return reports_ > 0; });
  }
  void until(std::uint64_t id, StreamState state) {
    wait([&] { return latest_.contains(id) && latest_[id].state == state; });
  }

 private:
  template <class True>
  void wait(True is) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, is);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int reports_ = 0;
  std::map<std::uint64_t, StreamInfo> latest_;
};

TEST_F(Steered, WatchersAreToldUntilTheEnd) {
  using std::chrono::milliseconds;
  Told lazy, eager;
  const auto first = host.watch_streams(lazy.callback(), milliseconds(200));
  lazy.until_reported();
  Stream state = test.save({.bandwidth = 1024});
  std::vector<std::byte> room(100);
  ASSERT_GT(state.read(room), 0U);
  const std::uint64_t id = only_one().id;
  auto second = host.watch_streams(eager.callback(), milliseconds(100));
  eager.until(id, StreamState::open);  // also those that were there before
  lazy.until(id, StreamState::open);
  second.reset();
  state.abort();
  lazy.until(id, StreamState::over);
}

TEST_F(Steered, AWatcherInAHurryIsRefused) {
  Told nothing;
  EXPECT_EQ(failure_of([&] { host.watch_streams(nothing.callback(), std::chrono::milliseconds(99)); }).code,
            Code::invalid_arg);
  const auto token = host.watch_streams(nothing.callback());
  nothing.until_reported();  // the refused one left nothing behind
}

TEST(StreamNames, AreThoseOfTheManual) {
  EXPECT_EQ(name(StreamDirection::both), "both");
  EXPECT_EQ(name(StreamState::aborting), "aborting");
  EXPECT_EQ(name(StreamWait::budget), "budget");
  EXPECT_EQ(name(static_cast<StreamWait>(99)), "unknown");
}

}  // namespace
}  // namespace sluice::client
