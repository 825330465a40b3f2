#pragma once
// Disk: the threads on which files are touched, so that a slow disk delays its own streams and nobody else. Made in
// main and handed to those who need files.
//
//   Disk disk;
//   auto text = co_await disk.run([path] { return read_file(path); });
//
//   const Disk::Lane lane = disk.lane_of(file);          // whose file system may be slow, or never answer
//   lane.submit([self] { self->write_some(); });
//
// Work stands in lanes, each with few threads at most: whoever fills his lane with work that hangs has filled nobody
// else's. Files lie in the lane of their file system; what only has a path, or a pool, has the common lane or one of
// its own. Threads are made when work would have to wait for one, and end when they had nothing to do for a while.
//
// A task that waits in `run` can be cancelled at once; what it asked for is then carried out without anybody waiting,
// so it must own what it touches. Declare the Disk after the loops it answers to: it finishes its work before it dies.
//
// Work may have a deadline, which counts from its beginning, and while it stands in its lane only for as long as
// nothing of the lane is done: a slow disk that goes on fails nobody. Who waits hears of it, and the work goes on all
// the same. Somebody must look at the time for that:
//
//   scope.spawn(disk.watch(clock, 60s));

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "base/budget.h"
#include "base/limits.h"
#include "io/clock.h"
#include "io/failure.h"
#include "io/signal.h"
#include "io/task.h"

namespace sluice::io {

class Disk {
 public:
  // Work need not be copyable, and does not throw.
  using Work = std::move_only_function<void()>;
  // Told at most once that the work has not been done for so long. Called on the thread that looks at the time; does
  // not throw, and does not wait.
  using Overdue = std::move_only_function<void(Duration)>;

  // A line of work: pieces of one lane begin in order, and few run at once. Cheap to copy; outlives nothing: the Disk
  // must be there. Used on any thread.
  class Lane {
   public:
    void submit(Work work, Overdue overdue = {}) const;  // runs some time, without anybody waiting for it
    // On a thread of the disk, at the end of a piece of work: its next step, behind what others have asked for.
    void continue_later(Work work, Overdue overdue = {}) const;
    // Resumes here with its result or exception. With a deadline if it is said who has not answered then ("the disk of
    // storage pool 'p'"), which for a lane of somebody's own is who it was made for.
    template <class Do>
    auto run(Do work, std::string who = {}) const -> Task<std::invoke_result_t<Do>>;
    const std::string& whose() const;

   private:
    friend Disk;
    struct Line;
    struct Threads;
    Lane(Threads& threads, std::shared_ptr<Line> line) : threads_(&threads), line_(std::move(line)) {}
    Threads* threads_;
    std::shared_ptr<Line> line_;
  };

  // All lanes together.
  struct Figures {
    std::size_t waiting = 0, running = 0;  // pieces of work
    std::size_t threads = 0;
    std::uint64_t done = 0;  // pieces, since the beginning
  };
  Figures figures() const;

  // `threads` at once at most, all lanes together; so many of them for the common lane. `ahead`: bytes of files that
  // streams may read ahead into memory, all together; `small`: in small pieces beyond that.
  explicit Disk(std::size_t threads = limits::disk_threads_max, std::size_t common = limits::disk_common_threads_max,
                std::uint64_t ahead = limits::ahead_budget, std::uint64_t small = limits::ahead_small_budget);
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  ~Disk();  // what was asked for is done

  // The same, but not for longer than that. False: some of it hangs still, and only the end of the process ends it.
  [[nodiscard]] bool finish_within(std::chrono::milliseconds most);

  const Lane& lane() const { return common_; }  // the common one
  Lane own_lane(std::string whose = {}) const;  // "the disk of storage pool 'p'"; nobody's: its work has no deadlines
  Lane lane_of(int file) const;  // that of its file system, or of the block device; never waits for either

  template <class Do>
  auto run(Do work, std::string who = {}) const -> Task<std::invoke_result_t<Do>> {
    return lane().run(std::move(work), std::move(who));
  }
  void submit(Work work) const { lane().submit(std::move(work)); }

  // Looks at the time until it is cancelled. Work is overdue a quarter of `timeout` late at most.
  Task<> watch(Clock& clock, Duration timeout) const;
  void look(Instant now, Duration timeout) const;  // once

  // For what is read of files in memory before it is needed, and for the little that each may read when that is spent.
  // What is charged to them may outlive the Disk.
  struct Ahead {
    std::shared_ptr<Budget> all, small;
  };
  const Ahead& ahead() const { return ahead_; }

 private:
  std::unique_ptr<Lane::Threads> threads_;
  Lane common_;
  Ahead ahead_;
};

// What becomes of who waits for a disk that has not answered for so long.
Error not_answered(const std::string& who, Duration since);

// One piece of work under way in a lane, with the one task that may wait for it. Lives on the executor it was made
// with; may be dropped at any time, also while the work runs.
template <class Result>
class DiskWork {
 public:
  DiskWork() = default;

  // With a deadline if it is said `who` has not answered then.
  template <class Work>
  DiskWork(const Disk::Lane& lane, const Executor& executor, Work work, const std::string& who = {})
      : inside_(std::make_shared<Inside>()) {
    // The guard keeps a loop that runs until nothing is left to do from ending before its answer came.
    auto run = [inside = inside_, guard = asio::make_work_guard(executor), work = std::move(work)]() mutable {
      std::optional<Result> result;
      std::exception_ptr failed;
      try {
        result.emplace(work());
      } catch (...) {
        failed = std::current_exception();
      }
      {
        [[maybe_unused]] const Work over = std::move(work);  // what it held is let go here, not on the event loop
      }
      // Neither is a result that nobody waits for any more: a file, whose closing may wait for its disk.
      if (inside.use_count() == 1) result.reset();
      const Executor there = guard.get_executor();
      auto answer = [inside = std::move(inside), guard = std::move(guard), result = std::move(result),
                     failed = std::move(failed)]() mutable {
        inside->result = std::move(result);
        inside->failed = failed;
        inside->done = true;
        inside->changed.notify();
      };
      asio::post(there, std::move(answer));
    };
    Disk::Overdue overdue;
    if (!who.empty()) {
      overdue = [weak = std::weak_ptr(inside_), executor, who](Duration since) {
        asio::post(executor, [weak, late = not_answered(who, since)] {
          const auto inside = weak.lock();
          if (!inside) return;
          inside->late = late;
          inside->changed.notify();
        });
      };
    }
    lane.submit(std::move(run), std::move(overdue));
  }

  bool under_way() const { return inside_ != nullptr; }
  bool done() const { return inside_ && inside_->done; }
  Task<Result> take() {  // waits; afterwards nothing is under way
    const std::shared_ptr<Inside> inside = inside_;
    co_await inside->changed.until([&inside] { return inside->done || inside->late; });
    inside_.reset();
    if (!inside->done) throw Failure(*inside->late);
    if (inside->failed) std::rethrow_exception(inside->failed);
    co_return std::move(*inside->result);
  }

 private:
  struct Inside {
    Signal changed;
    std::optional<Result> result;
    std::exception_ptr failed;
    std::optional<Error> late;
    bool done = false;
  };
  std::shared_ptr<Inside> inside_;
};

template <class Do>
auto Disk::Lane::run(Do work, std::string who) const -> Task<std::invoke_result_t<Do>> {
  using Result = std::invoke_result_t<Do>;
  const Lane lane = *this;
  if (who.empty()) who = lane.whose();
  const Executor executor = co_await asio::this_coro::executor;
  if constexpr (std::is_void_v<Result>) {
    auto wrapped = [work = std::move(work)]() mutable {
      work();
      return true;
    };
    DiskWork<bool> asked(lane, executor, std::move(wrapped), who);
    static_cast<void>(co_await asked.take());
  } else {
    DiskWork<Result> asked(lane, executor, std::move(work), who);
    co_return co_await asked.take();
  }
}

}  // namespace sluice::io
