#pragma once
// Disk: the few threads on which files are touched, so that a slow disk delays its own stream and nobody else. Made in
// main and handed to those who need files.
//
//   Disk disk;
//   auto text = co_await disk.run([path] { return read_file(path); });
//
// A task that waits in `run` can be cancelled at once; what it asked for is then carried out without anybody waiting,
// so it must own what it touches. Declare the Disk after the loops it answers to: it finishes its work before it dies.

#include <boost/asio/defer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>

#include "io/signal.h"
#include "io/task.h"

namespace sluice::io {

class Disk {
 public:
  explicit Disk(std::size_t threads = 4);
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  ~Disk() { pool_->join(); }  // what was asked for is done

  // Runs `work` on a thread of the disk and resumes here with its result or exception.
  template <class Work>
  auto run(Work work) -> Task<std::invoke_result_t<Work>>;

  // Runs `work` (which does not throw) some time, without anybody waiting for it.
  template <class Work>
  void submit(Work work) {
    asio::post(*pool_, std::move(work));
  }

  // On a thread of the disk: the next step of long work, behind what others have asked for meanwhile.
  template <class Work>
  void continue_later(Work work) {
    asio::defer(*pool_, std::move(work));
  }

 private:
  std::optional<asio::thread_pool> pool_;
};

// One piece of work under way on a Disk, with the one task that may wait for it. Lives on the executor it was made
// with; may be dropped at any time, also while the work runs.
template <class Result>
class DiskWork {
 public:
  DiskWork() = default;

  template <class Work>
  DiskWork(Disk& disk, const Executor& executor, Work work) : inside_(std::make_shared<Inside>(executor)) {
    // The guard keeps a loop that runs until nothing is left to do from ending before its answer came.
    disk.submit([inside = inside_, guard = asio::make_work_guard(executor), work = std::move(work)]() mutable {
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
      const Executor there = guard.get_executor();
      auto answer = [inside = std::move(inside), guard = std::move(guard), result = std::move(result),
                     failed = std::move(failed)]() mutable {
        inside->result = std::move(result);
        inside->failed = failed;
        inside->done = true;
        inside->changed.notify();
      };
      asio::post(there, std::move(answer));
    });
  }

  bool under_way() const { return inside_ != nullptr; }
  bool done() const { return inside_ && inside_->done; }
  Task<Result> take() {  // waits; afterwards nothing is under way
    const std::shared_ptr<Inside> inside = inside_;
    co_await inside->changed.until([&inside] { return inside->done; });
    inside_.reset();
    if (inside->failed) std::rethrow_exception(inside->failed);
    co_return std::move(*inside->result);
  }

 private:
  struct Inside {
    explicit Inside(const Executor& executor) : changed(executor) {}
    Signal changed;
    std::optional<Result> result;
    std::exception_ptr failed;
    bool done = false;
  };
  std::shared_ptr<Inside> inside_;
};

template <class Work>
auto Disk::run(Work work) -> Task<std::invoke_result_t<Work>> {
  using Result = std::invoke_result_t<Work>;
  const Executor executor = co_await asio::this_coro::executor;
  if constexpr (std::is_void_v<Result>) {
    auto wrapped = [work = std::move(work)]() mutable {
      work();
      return true;
    };
    DiskWork<bool> asked(*this, executor, std::move(wrapped));
    static_cast<void>(co_await asked.take());
  } else {
    DiskWork<Result> asked(*this, executor, std::move(work));
    co_return co_await asked.take();
  }
}

}  // namespace sluice::io
