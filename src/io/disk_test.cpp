#include "io/disk.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <semaphore>
#include <thread>
#include <vector>

#include "io/failure.h"
#include "io/fd.h"
#include "io/hanging_test.h"
#include "io/loop.h"
#include "io/temporary_directory.h"

namespace sluice::io {
namespace {

void wait_for(const Disk::Lane& lane) {
  std::binary_semaphore done(0);
  lane.submit([&done] { done.release(); });
  done.acquire();
}

TEST(Disk, LanesFullOfWorkThatHangsKeepNobodyElseWaiting) {
  const TemporaryDirectory directory;
  const Fd file(::open((directory / "file").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  Disk disk;
  constexpr std::size_t lanes = 20, each = 2 * limits::disk_lane_threads_max;
  const Hanging hanging;
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    const Disk::Lane own = disk.own_lane();
    for (std::size_t i = 0; i < each; ++i) own.submit(hanging.work());
  }
  hanging.wait_for(lanes * limits::disk_lane_threads_max);

  wait_for(disk.lane());
  wait_for(disk.lane_of(file.get()));
  wait_for(disk.own_lane());
}

TEST(Disk, ALaneHasFewThreads) {
  Disk disk;
  const Disk::Lane lane = disk.own_lane();
  std::atomic<std::size_t> running = 0, most = 0;
  std::latch done(200);
  for (int i = 0; i < 200; ++i) {
    lane.submit([&] {
      const std::size_t now = ++running;
      for (std::size_t seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
      }
      --running;
      done.count_down();
    });
  }
  done.wait();
  EXPECT_LE(most, limits::disk_lane_threads_max);
}

TEST(Disk, FilesOfOneFileSystemShareALane) {
  const TemporaryDirectory directory;
  const auto open = [&](const char* name) {
    return Fd(::open((directory / name).c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  };
  const Fd one = open("one"), other = open("other"), elsewhere(::open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
  std::atomic<bool> ran = false;
  Disk disk;
  const Disk::Lane first = disk.lane_of(one.get());
  const Hanging hanging;
  for (std::size_t i = 0; i < limits::disk_lane_threads_max; ++i) first.submit(hanging.work());
  hanging.wait_for(limits::disk_lane_threads_max);

  disk.lane_of(other.get()).submit([&ran] { ran = true; });
  wait_for(disk.lane_of(elsewhere.get()));
  EXPECT_FALSE(ran);
}

TEST(Disk, LongWorkIsContinuedBehindOthersOfItsLane) {
  Disk disk(1);
  const Disk::Lane lane = disk.lane();
  std::vector<int> order;  // of one thread
  std::binary_semaphore done(0);
  lane.submit([&] {
    order.push_back(1);
    lane.submit([&] { order.push_back(2); });
    lane.continue_later([&] {
      order.push_back(3);
      done.release();
    });
  });
  done.acquire();
  EXPECT_EQ((std::vector{1, 2, 3}), order);
}

TEST(Disk, WhatIsContinuedDoesNotWaitBehindWorkThatHangs) {
  Disk disk;
  const Disk::Lane lane = disk.own_lane();
  const Hanging hanging;
  std::binary_semaphore done(0);
  lane.submit([&] {
    lane.submit(hanging.work());
    lane.continue_later([&] { done.release(); });
  });
  done.acquire();
}

TEST(Disk, TellsHowMuchThereIsToDo) {
  Disk disk;
  EXPECT_EQ(0u, disk.figures().threads);
  {
    const Hanging hanging;
    const Disk::Lane lane = disk.own_lane();
    for (std::size_t i = 0; i < limits::disk_lane_threads_max + 3; ++i) lane.submit(hanging.work());
    hanging.wait_for(limits::disk_lane_threads_max);
    const Disk::Figures figures = disk.figures();
    EXPECT_EQ(3u, figures.waiting);
    EXPECT_EQ(limits::disk_lane_threads_max, figures.running);
    EXPECT_GE(figures.threads, limits::disk_lane_threads_max) << "others may look for work";
    EXPECT_EQ(0u, figures.done);
  }
  while (disk.figures().done < limits::disk_lane_threads_max + 3) std::this_thread::yield();
  EXPECT_EQ(0u, disk.figures().waiting);
  EXPECT_EQ(0u, disk.figures().running);
}

TEST(Disk, EndsWhenAllThatWasAskedForIsDone) {
  std::atomic<int> done = 0;
  {
    Disk disk(2);
    const Disk::Lane lane = disk.own_lane();
    for (int i = 0; i < 1'000; ++i) lane.submit([&done] { ++done; });
    lane.submit([&, lane] { lane.continue_later([&done] { ++done; }); });
  }
  EXPECT_EQ(1'001, done);
}

// A thread that has nothing to do ends at once when the disk does: then others may know that it has begun to.
void tell_when_this_thread_ends(std::binary_semaphore& ended) {
  struct Telling {
    ~Telling() {
      if (ended != nullptr) ended->release();
    }
    std::binary_semaphore* ended = nullptr;
  };
  thread_local Telling telling;
  telling.ended = &ended;
}

TEST(Disk, DoesWhatIsAskedForWhileItEnds) {
  std::atomic<int> done = 0;
  std::binary_semaphore thread_ended(0);
  std::binary_semaphore told(0);
  {
    Disk disk;
    std::vector<Disk::Lane> lanes;
    for (int i = 0; i < 8; ++i) lanes.push_back(disk.own_lane());
    disk.submit([&, lanes] {
      told.acquire();
      thread_ended.acquire();
      for (const Disk::Lane& lane : lanes) lane.submit([&done] { ++done; });
    });
    disk.submit([&] {
      tell_when_this_thread_ends(thread_ended);
      told.release();
    });
  }
  EXPECT_EQ(8, done);
}

TEST(Disk, IsNotWaitedForLongerThanWanted) {
  Disk disk;
  const Disk::Lane lane = disk.own_lane();
  {
    const Hanging hanging;
    lane.submit(hanging.work());
    hanging.wait_for(1);
    EXPECT_FALSE(disk.finish_within(std::chrono::milliseconds(0)));
  }
  EXPECT_TRUE(disk.finish_within(std::chrono::hours(1)));
}

// Looks at the time as `watch` does.
class DiskDeadline : public testing::Test {
 protected:
  static constexpr Duration timeout = std::chrono::seconds(60);

  Disk::Overdue told() {
    return
        [this](Duration since) { heard_.push_back(std::chrono::duration_cast<std::chrono::seconds>(since).count()); };
  }
  void look(Duration at) { disk_.look(Instant(at), timeout); }

  std::vector<std::int64_t> heard_;
  Disk disk_;
  const Disk::Lane lane_ = disk_.own_lane("the disk of somebody");
};

TEST_F(DiskDeadline, WhoWaitsForWorkThatHangsIsToldOnce) {
  using std::chrono::seconds;
  const Hanging hanging;
  lane_.submit(hanging.work(), told());
  hanging.wait_for(1);
  look(seconds(100));
  look(seconds(159));
  EXPECT_TRUE(heard_.empty());
  look(seconds(160));
  look(seconds(300));
  EXPECT_EQ((std::vector<std::int64_t>{60}), heard_);
}

TEST_F(DiskDeadline, WorkThatStandsInALaneIsLateOnlyWhenNothingOfItGoesOn) {
  using std::chrono::seconds;
  const Hanging stuck;
  for (std::size_t i = 1; i < limits::disk_lane_threads_max; ++i) lane_.submit(stuck.work());
  auto slow = std::make_optional<Hanging>();
  lane_.submit(slow->work());
  stuck.wait_for(limits::disk_lane_threads_max - 1);
  slow->wait_for(1);
  auto slower = std::make_optional<Hanging>();
  lane_.submit(slower->work());
  lane_.submit([] {}, told());
  look(seconds(0));
  slow.reset();  // one is done, and the next begins
  slower->wait_for(1);
  look(seconds(60));
  EXPECT_TRUE(heard_.empty());
  look(seconds(120));
  EXPECT_EQ((std::vector<std::int64_t>{60}), heard_);
}

TEST_F(DiskDeadline, WorkWithoutOneIsWaitedForAsLongAsItTakes) {
  const Hanging hanging;
  lane_.submit(hanging.work());
  hanging.wait_for(1);
  look(std::chrono::seconds(0));
  look(std::chrono::hours(1000));
  EXPECT_TRUE(heard_.empty());
}

TEST_F(DiskDeadline, ATaskFailsAndSaysWhoseDiskItIsAndItsWorkEndsLater) {
  Loops loops(1);
  std::binary_semaphore done(0);
  {
    const Hanging hanging;
    auto call = [&]() -> Task<> {
      auto work = [hang = hanging.work(), &done]() mutable {
        hang();
        done.release();
      };
      co_await lane_.run(std::move(work));
    };
    const Error why = run_on(loops.at(0), failure_in_time(disk_, call()));
    EXPECT_EQ(Code::operation_timeout, why.code);
    EXPECT_THAT(why.message, testing::ContainsRegex("^the disk of somebody has not answered for [0-9]+ s$"));
    EXPECT_FALSE(done.try_acquire());
  }
  done.acquire();
  loops.stop();
}

TEST(Disk, LetsGoOfAResultThatNobodyWaitsForOnItsOwnThread) {
  std::thread::id let_go_on, disks;
  run_here([&]() -> Task<> {
    Disk disk;
    const Hanging hanging;
    auto call = [&]() -> Task<> {
      auto work = [&, hang = hanging.work()]() mutable {
        hang();
        disks = std::this_thread::get_id();
        return std::shared_ptr<void>(nullptr, [&](void*) { let_go_on = std::this_thread::get_id(); });
      };
      co_await disk.run(std::move(work));
    };
    auto give_up = [&](Scope& scope) -> Task<> {
      scope.spawn(call());
      co_await asio::post(asio::use_awaitable);
      hanging.wait_for(1);
      co_await scope.close();
    };
    co_await scoped(give_up);
  });
  EXPECT_EQ(let_go_on, disks);
}

TEST(Disk, TellsTheExceptionOfTheWork) {
  Disk disk;
  auto failing = [&]() -> Task<> {
    co_await disk.run([]() -> int { throw Failure(Error{.code = Code::system_error, .message = "broken"}); });
  };
  EXPECT_THROW(run_here(failing), Failure);
}

}  // namespace
}  // namespace sluice::io
