#include "io/disk.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <tuple>
#include <vector>

#include "base/assert.h"
#include "io/quiet_thread.h"

namespace sluice::io {
namespace {

constexpr std::chrono::seconds idle_max{10};  // then a thread that has nothing to do ends

}  // namespace

struct Disk::Lane::Line {
  struct Piece {
    Work work;
    Overdue overdue;
    std::optional<Instant> seen;  // first standing in the lane, then running, by who looks at the time
  };

  Line(std::size_t most, std::string who) : threads_max(most), whose(std::move(who)) {}
  const std::size_t threads_max;
  const std::string whose;
  std::list<Piece> pieces, running;
  std::uint64_t done = 0;
  bool waiting = false;  // for a thread

  // How much was done when somebody looked at the time, and since when no more is.
  std::uint64_t done_seen = 0;
  std::optional<Instant> still_since;

  bool may_begin() const { return !pieces.empty() && running.size() < threads_max && !waiting; }
  bool is_idle() const { return pieces.empty() && running.empty(); }
};

struct Disk::Lane::Threads {
  explicit Threads(std::size_t most) : threads_max(most) {}

  void add(const std::shared_ptr<Line>& line, Line::Piece piece) {
    const std::lock_guard lock(mutex);
    put(line, std::move(piece));
    call_thread();
  }

  // Without calling anybody: the thread that says so looks for work next.
  void add_on_thread(const std::shared_ptr<Line>& line, Line::Piece piece) {
    const std::lock_guard lock(mutex);
    put(line, std::move(piece));
  }

  void put(const std::shared_ptr<Line>& line, Line::Piece piece) {
    if (line->is_idle()) busy.insert(line);
    line->pieces.push_back(std::move(piece));
    ++figures.waiting;
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
      line->running.splice(line->running.end(), line->pieces, line->pieces.begin());
      const auto piece = std::prev(line->running.end());
      piece->seen.reset();
      --figures.waiting;
      ++figures.running;
      stand(line);
      call_thread();  // this piece may take for ever
      lock.unlock();
      piece->work();
      piece->work = nullptr;  // what it held is let go without the lock
      lock.lock();
      Overdue spent = std::move(piece->overdue);
      line->running.erase(piece);
      ++line->done;
      --figures.running;
      ++figures.done;
      if (line->is_idle()) busy.erase(line);
      stand(line);
      if (!spent) continue;
      lock.unlock();
      spent = nullptr;
      lock.lock();
    }
  }

  // Those who are told now.
  std::vector<std::pair<Overdue, Duration>> look(Instant now, Duration timeout) {
    std::vector<std::pair<Overdue, Duration>> late;
    const auto look_at = [&](Line::Piece& piece, Instant since) {
      if (!piece.seen) piece.seen = now;
      const Duration waited = now - std::max(*piece.seen, since);
      if (waited >= timeout && piece.overdue) late.emplace_back(std::exchange(piece.overdue, nullptr), waited);
    };
    const std::lock_guard lock(mutex);
    for (const std::shared_ptr<Line>& line : busy) {
      if (!line->still_since || line->done != line->done_seen) {
        line->still_since = now;
        line->done_seen = line->done;
      }
      for (Line::Piece& piece : line->running) look_at(piece, Instant::min());
      for (Line::Piece& piece : line->pieces) look_at(piece, *line->still_since);
    }
    return late;
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
  std::set<std::shared_ptr<Line>> busy;     // in which there is anything
  std::list<std::thread> threads;
  std::list<std::list<std::thread>::iterator> ended;
  std::size_t idle = 0, at_work = 0;  // at work: those that have not ended
  std::condition_variable all_left;
  Figures figures;  // but for the threads
  bool over = false;

  using Place = std::tuple<bool, unsigned, unsigned>;  // a block device, or else a file system: major, minor
  std::mutex places_mutex;
  std::map<Place, std::weak_ptr<Line>> places;
};

void Disk::Lane::submit(Work work, Overdue overdue) const {
  threads_->add(line_, {.work = std::move(work), .overdue = std::move(overdue), .seen = {}});
}

void Disk::Lane::continue_later(Work work, Overdue overdue) const {
  threads_->add_on_thread(line_, {.work = std::move(work), .overdue = std::move(overdue), .seen = {}});
}

const std::string& Disk::Lane::whose() const { return line_->whose; }

Error not_answered(const std::string& who, Duration since) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since).count();
  return {.code = Code::operation_timeout, .message = who + " has not answered for " + std::to_string(seconds) + " s"};
}

Task<> Disk::watch(Clock& clock, Duration timeout) const {
  for (;;) {
    co_await clock.sleep_until(clock.now() + timeout / 4);
    look(clock.now(), timeout);
  }
}

void Disk::look(Instant now, Duration timeout) const {
  for (auto& [overdue, waited] : threads_->look(now, timeout)) {
    overdue(waited);
    submit([spent = std::move(overdue)] {});  // it may be the last to hold a file, which no loop closes
  }
}

Disk::Disk(std::size_t threads, std::size_t common, std::uint64_t ahead, std::uint64_t small)
    : threads_(std::make_unique<Lane::Threads>(threads)),
      common_(*threads_, std::make_shared<Lane::Line>(common, std::string())),
      ahead_{.all = std::make_shared<Budget>(ahead), .small = std::make_shared<Budget>(small)} {}

Disk::Figures Disk::figures() const {
  const std::lock_guard lock(threads_->mutex);
  Figures now = threads_->figures;
  now.threads = threads_->threads.size() - threads_->ended.size();
  return now;
}

Disk::~Disk() { threads_->finish(); }

bool Disk::finish_within(std::chrono::milliseconds most) { return threads_->finish_within(most); }

Disk::Lane Disk::own_lane(std::string whose) const {
  return Lane(*threads_, std::make_shared<Lane::Line>(limits::disk_lane_threads_max, std::move(whose)));
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
    line = std::make_shared<Lane::Line>(limits::disk_lane_threads_max, std::string());
    known = line;
  }
  return Lane(*threads_, std::move(line));
}

}  // namespace sluice::io
