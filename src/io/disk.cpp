#include "io/disk.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <tuple>

#include "base/assert.h"
#include "io/quiet_thread.h"

namespace sluice::io {
namespace {

constexpr std::chrono::seconds idle_max{10};  // then a thread that has nothing to do ends

}  // namespace

struct Disk::Lane::Line {
  explicit Line(std::size_t most) : threads_max(most) {}
  const std::size_t threads_max;
  std::deque<Work> work;
  std::size_t running = 0;
  bool waiting = false;  // for a thread

  bool may_begin() const { return !work.empty() && running < threads_max && !waiting; }
};

struct Disk::Lane::Threads {
  explicit Threads(std::size_t most) : threads_max(most) {}

  void add(const std::shared_ptr<Line>& line, Work work) {
    const std::lock_guard lock(mutex);
    line->work.push_back(std::move(work));
    stand(line);
    call_thread();
  }

  // Without calling anybody: the thread that says so looks for work next.
  void add_on_thread(const std::shared_ptr<Line>& line, Work work) {
    const std::lock_guard lock(mutex);
    line->work.push_back(std::move(work));
    stand(line);
  }

  void stand(const std::shared_ptr<Line>& line) {
    if (!line->may_begin()) return;
    line->waiting = true;
    lines.push_back(line);
  }

  // With the lock held: somebody comes for the first line, if anybody can.
  void call_thread() {
    if (lines.empty() || over) return;  // at the end those that are there do what is left
    if (idle > 0) return wake.notify_one();
    if (threads.size() - ended.size() >= threads_max) return;  // who is done next comes
    for (const auto thread : ended) {
      thread->join();
      threads.erase(thread);
    }
    ended.clear();
    const SignalsBlocked inherited;
    threads.emplace_back();
    const auto made = std::prev(threads.end());
    try {
      *made = std::thread([this, made] { work_on(made); });
      ++at_work;
    } catch (const std::system_error&) {  // the system has no more
      threads.erase(made);
      ensure(!threads.empty(), "the system gives this process one thread for its files");
    }
  }

  void work_on(std::list<std::thread>::iterator self) {
    std::unique_lock lock(mutex);
    for (;;) {
      if (lines.empty()) {
        if (over) return leave();
        ++idle;
        const bool something = wake.wait_for(lock, idle_max, [this] { return over || !lines.empty(); });
        --idle;
        if (!something) {
          ended.push_back(self);
          return leave();
        }
        continue;
      }
      const std::shared_ptr<Line> line = std::move(lines.front());
      lines.pop_front();
      line->waiting = false;
      Work work = std::move(line->work.front());
      line->work.pop_front();
      ++line->running;
      stand(line);
      call_thread();  // this piece may take for ever
      lock.unlock();
      work();
      work = nullptr;  // what it held is let go without the lock
      lock.lock();
      --line->running;
      stand(line);
    }
  }

  // With the lock held, as the last act of a thread.
  void leave() {
    if (--at_work == 0) all_left.notify_all();
  }

  bool finish_within(std::chrono::milliseconds most) {
    std::unique_lock lock(mutex);
    over = true;
    wake.notify_all();
    return all_left.wait_for(lock, most, [this] { return at_work == 0; });
  }

  void finish() {
    {
      const std::lock_guard lock(mutex);
      over = true;
    }
    wake.notify_all();
    for (std::thread& thread : threads) thread.join();
  }

  const std::size_t threads_max;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::shared_ptr<Line>> lines;  // in which something may begin
  std::list<std::thread> threads;
  std::list<std::list<std::thread>::iterator> ended;
  std::size_t idle = 0, at_work = 0;  // at work: those that have not ended
  std::condition_variable all_left;
  bool over = false;

  using Place = std::tuple<bool, unsigned, unsigned>;  // a block device, or else a file system: major, minor
  std::mutex places_mutex;
  std::map<Place, std::weak_ptr<Line>> places;
};

void Disk::Lane::submit(Work work) const { threads_->add(line_, std::move(work)); }

void Disk::Lane::continue_later(Work work) const { threads_->add_on_thread(line_, std::move(work)); }

Disk::Disk(std::size_t threads, std::size_t common, std::uint64_t ahead)
    : threads_(std::make_unique<Lane::Threads>(threads)),
      common_(*threads_, std::make_shared<Lane::Line>(common)),
      ahead_(std::make_shared<Budget>(ahead)) {}

Disk::~Disk() { threads_->finish(); }

bool Disk::finish_within(std::chrono::milliseconds most) { return threads_->finish_within(most); }

Disk::Lane Disk::own_lane() const {
  return Lane(*threads_, std::make_shared<Lane::Line>(limits::disk_lane_threads_max));
}

Disk::Lane Disk::lane_of(int file) const {
  struct statx facts{};
  // What the kernel knows already: a file system that does not answer is not asked.
  if (::statx(file, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &facts) != 0) return common_;
  const bool device = S_ISBLK(facts.stx_mode);
  const Lane::Threads::Place place = device ? std::tuple(true, facts.stx_rdev_major, facts.stx_rdev_minor)
                                            : std::tuple(false, facts.stx_dev_major, facts.stx_dev_minor);
  const std::lock_guard lock(threads_->places_mutex);
  std::erase_if(threads_->places, [](const auto& known) { return known.second.expired(); });
  std::weak_ptr<Lane::Line>& known = threads_->places[place];
  std::shared_ptr<Lane::Line> line = known.lock();
  if (!line) {
    line = std::make_shared<Lane::Line>(limits::disk_lane_threads_max);
    known = line;
  }
  return Lane(*threads_, std::move(line));
}

}  // namespace sluice::io
