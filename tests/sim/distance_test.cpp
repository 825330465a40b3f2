// Streams over a long way, in simulated time: windows must grow to what the way holds, and to no more than that.

#include <gtest/gtest.h>

#include <chrono>
#include <deque>

#include "session/sample_program.h"
#include "session/session.h"

namespace sluice::sim {
namespace {

using namespace sluice::session;
using namespace std::chrono_literals;

constexpr std::array programs{Sample::info()};
constexpr Duration step = 100us;

struct Way {
  Duration one_way;
  double bytes_per_second;
};

// A client that sends as much as it may over a line of such a length and speed, and a daemon whose consumers take so
// many bytes per second. Bodies are only counted.
class Line {
 public:
  explicit Line(Way way, std::uint64_t window_max = limits::window_max)
      : way_(way), client_(Side::client, options(window_max)), daemon_(Side::daemon, options(window_max)) {
    client_.tick(now_);
    daemon_.tick(now_);
    client_.hello();
  }

  CallId upload(double taken_per_second, bool reply_last = false) {
    const CallId id = client_.call(Sample::number, Upload::proc, {}, {.reply_last = reply_last});
    if (reply_last) client_.ready(id, std::uint64_t{1} << 50);
    consumers_[id] = {.per_step = taken_per_second * seconds(step)};
    return id;
  }
  void weigh(const CallId& id, std::uint32_t weight) { client_.weigh(id, weight); }
  void pass(Duration time) {
    for (const Instant end = now_ + time; now_ < end; now_ += step) one_step();
  }
  std::uint64_t taken(const CallId& id) { return consumers_[id].taken; }
  std::uint64_t held(const CallId& id) { return consumers_[id].held; }
  // What went through in that time, of what the line could have carried.
  double utilisation(const CallId& id, Duration time) {
    const std::uint64_t before = taken(id);
    pass(time);
    return static_cast<double>(taken(id) - before) / (way_.bytes_per_second * seconds(time));
  }
  bool broken() const { return broken_; }

 private:
  struct Frame {
    Instant arrives;
    Buffer head;
    std::uint32_t body;
  };
  struct Consumer {
    double per_step = 0, may_take = 0;
    std::uint64_t held = 0, taken = 0;
  };

  static double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }
  static Options options(std::uint64_t window_max) {
    Options options;
    options.programs = programs;
    options.window_max = window_max;
    return options;
  }

  void one_step() {
    client_.tick(now_);
    daemon_.tick(now_);
    arrive(up_, daemon_);
    arrive(down_, client_);
    happen();
    consume();
    send(client_, up_, up_free_);
    send(daemon_, down_, down_free_);
  }

  void send(Session& from, std::deque<Frame>& line, Instant& free) {
    free = std::max(free, now_);
    while (free < now_ + step) {
      auto out = from.compose(limits::body_max);
      if (!out) return;
      const double size = static_cast<double>(out->head.size() + out->body);
      free += Duration(static_cast<Duration::rep>(size / way_.bytes_per_second * 1e9));
      line.push_back({.arrives = free + way_.one_way, .head = std::move(out->head), .body = out->body});
    }
  }

  void arrive(std::deque<Frame>& line, Session& to) {
    for (; !line.empty() && line.front().arrives <= now_; line.pop_front()) {
      Bytes head = line.front().head;
      while (!head.empty()) head = head.subspan(to.receive(head));
      if (line.front().body == 0) continue;
      const auto body = to.body();
      ASSERT_TRUE(body && !body->drop);
      to.received(line.front().body);
      consumers_[body->id].held += limits::frame_head + line.front().body;
    }
  }

  void happen() {
    while (auto event = daemon_.next()) {
      if (const auto* call = std::get_if<CallArrived>(&*event)) daemon_.accept(call->id, {});
      broken_ = broken_ || std::holds_alternative<Broken>(*event);
    }
    while (auto event = client_.next()) {
      const auto* reply = std::get_if<ReplyArrived>(&*event);
      if (reply != nullptr && reply->outcome) client_.ready(reply->id, std::uint64_t{1} << 50);
      broken_ = broken_ || std::holds_alternative<Broken>(*event);
    }
  }

  void consume() {
    for (auto& [id, consumer] : consumers_) {
      consumer.may_take = std::min(consumer.may_take + consumer.per_step, consumer.per_step + limits::body_max);
      const auto count = std::min(consumer.held, static_cast<std::uint64_t>(consumer.may_take));
      if (count == 0) continue;
      daemon_.taken(id, count);
      consumer.held -= count;
      consumer.taken += count;
      consumer.may_take -= static_cast<double>(count);
    }
  }

  const Way way_;
  Instant now_{1h};
  Session client_, daemon_;
  std::deque<Frame> up_, down_;
  Instant up_free_{}, down_free_{};
  std::map<CallId, Consumer> consumers_;
  bool broken_ = false;
};

constexpr double fast = 1e12, stopped = 0;

TEST(Distance, AStreamFillsALongLineOnceItsWindowHasGrown) {
  Line line({.one_way = 50ms, .bytes_per_second = 125e6});
  line.pass(1s);
  const CallId stream = line.upload(fast);
  line.pass(3s);
  EXPECT_GT(line.utilisation(stream, 5s), 0.95);
  EXPECT_FALSE(line.broken());
}

// Who is told of more only when half of a window was taken has the other half for a whole round trip: 84 MB/s here.
TEST(Distance, AClientsSmallerWindowIsEnough) {
  Line line({.one_way = 50ms, .bytes_per_second = 125e6}, limits::client_window_max);
  line.pass(1s);
  const CallId stream = line.upload(fast);
  line.pass(3s);
  EXPECT_GT(line.utilisation(stream, 2s), 0.95);
}

TEST(Distance, AndAShortOneAtOnce) {
  Line line({.one_way = 50us, .bytes_per_second = 1e9});
  line.pass(10ms);
  const CallId stream = line.upload(fast);
  line.pass(20ms);
  EXPECT_GT(line.utilisation(stream, 1s), 0.95);
}

TEST(Distance, TheReplyThatComesLastSavesARoundTrip) {
  const auto first_bytes = [](bool reply_last) {
    Line line({.one_way = 50ms, .bytes_per_second = 125e6});
    line.pass(1s);
    const CallId stream = line.upload(fast, reply_last);
    Duration passed{};
    for (; line.taken(stream) == 0 && passed < 1s; passed += step) line.pass(step);
    return passed;
  };
  const Duration saved = first_bytes(false) - first_bytes(true);
  EXPECT_GE(saved, 99ms);
  EXPECT_LE(saved, 103ms) << "the first frame is shorter, too";
}

TEST(Distance, ASlowConsumerIsNotGivenMoreThanItNeeds) {
  Line line({.one_way = 50us, .bytes_per_second = 1e9});
  line.pass(10ms);
  const CallId stream = line.upload(20e6);
  line.pass(3s);
  EXPECT_GT(line.utilisation(stream, 1s), 0.95 * 20e6 / 1e9);
  EXPECT_LE(line.held(stream), limits::window) << "it never had to wait, so its window never grew";
}

TEST(Distance, ConsumersThatStandStillTakeNothingFromOthers) {
  Line line({.one_way = 5ms, .bytes_per_second = 125e6});
  line.pass(100ms);
  std::vector<CallId> still;
  still.reserve(100);
  for (int i = 0; i < 100; ++i) still.push_back(line.upload(stopped));
  line.pass(1s);
  const CallId stream = line.upload(fast);
  line.pass(1s);
  EXPECT_GT(line.utilisation(stream, 2s), 0.95);
  std::uint64_t held = 0;
  for (const CallId& id : still) held += line.held(id);
  EXPECT_LE(held, limits::connection_budget + 100 * limits::window_floor);
}

TEST(Distance, WindowsThatAreOftenShutLeaveTheSharesToTheWeights) {
  Line line({.one_way = 50us, .bytes_per_second = 1e9});
  line.pass(10ms);
  const CallId light = line.upload(fast), heavy = line.upload(fast);
  line.weigh(heavy, 400);
  line.pass(1s);
  const std::uint64_t light_before = line.taken(light), heavy_before = line.taken(heavy);
  line.pass(1s);
  const auto light_taken = static_cast<double>(line.taken(light) - light_before);
  const auto heavy_taken = static_cast<double>(line.taken(heavy) - heavy_before);
  EXPECT_GT(light_taken + heavy_taken, 0.95e9);
  EXPECT_NEAR(heavy_taken / light_taken, 4, 0.1);
}

TEST(Distance, ThousandStreamsOfOneConnectionAllArrive) {
  Line line({.one_way = 1ms, .bytes_per_second = 1e9});
  line.pass(10ms);
  std::vector<CallId> streams;
  streams.reserve(limits::crowd);
  for (std::uint32_t i = 0; i < limits::crowd; ++i) streams.push_back(line.upload(fast));
  line.pass(2s);
  std::uint64_t least = UINT64_MAX, all = 0;
  for (const CallId& id : streams) {
    least = std::min(least, line.taken(id));
    all += line.taken(id);
  }
  EXPECT_GT(static_cast<double>(all), 0.9 * 2e9);
  EXPECT_GT(least, all / streams.size() / 4) << "the last are served as well";
  EXPECT_FALSE(line.broken());
}

}  // namespace
}  // namespace sluice::sim
