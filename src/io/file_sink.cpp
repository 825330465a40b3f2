#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <list>
#include <mutex>

#include "io/failure.h"
#include "io/file.h"
#include "io/file_target.h"

namespace sluice::io {
namespace {

constexpr std::uint64_t step = 1024 * 1024;     // of one write
constexpr std::uint64_t behind_max = 2 * step;  // given and not yet written
// To call a thread costs more than to write a little: so what follows soon upon the last call is gathered, and written
// with what comes next, or at the finish.
constexpr std::uint64_t gathered_max = step / 2;
constexpr std::chrono::milliseconds soon{1};

// What it takes of the memory, or of the kernel's. A pipe counts for a quarter of what may wait, however little is in
// it: a stream has few, and what comes while all are here must be copied. So the next one is filled meanwhile.
std::uint64_t weight(const Piece& piece) {
  if (piece.spliced) return std::max(piece.length(), behind_max / 4);
  return piece.hole != 0 ? sizeof(Piece) : piece.length();
}

}  // namespace

struct FileSink::Behind final : std::enable_shared_from_this<Behind> {
  Behind(const Disk& disk, const Executor& e, std::shared_ptr<Target> t)
      : lane(disk.lane_of(t->file.get())), executor(e), target(std::move(t)) {}

  // On the loop.
  void put(Piece piece) {
    const std::lock_guard lock(mutex);
    held += weight(piece);
    pieces.push_back(std::move(piece));
    const bool waits = target->seekable && held < gathered_max && std::chrono::steady_clock::now() - called < soon;
    if (!waits) call();
  }

  // With the lock held, on the loop.
  void call() {
    if (running || failed || pieces.empty()) return;
    running = true;
    called = std::chrono::steady_clock::now();
    lane.submit([self = shared_from_this()] { self->run(); }, overdue());
  }

  // One write, or one part let go of, then whoever else waits for the disk has a turn.
  void run() {
    std::list<Piece> batch;
    std::uint64_t length = 0;
    const bool lets_go = target->footprint.is_too_large();
    if (!lets_go) {
      const std::lock_guard lock(mutex);
      while (!pieces.empty() && length < step) {
        length += weight(pieces.front());
        batch.splice(batch.end(), pieces, pieces.begin());
      }
    }
    std::exception_ptr trouble;
    try {
      lets_go ? target->let_go_of_some() : target->write(batch);
    } catch (...) {
      trouble = std::current_exception();
    }
    const std::lock_guard lock(mutex);
    for (const Piece& left : batch) length -= weight(left);
    held -= std::min(held, length);
    if (trouble) fail(trouble);
    if (!failed && !target->given_up) pieces.splice(pieces.begin(), batch);  // the rest of a long hole comes next
    running = !pieces.empty() || (!failed && !target->given_up && target->footprint.is_too_large());
    if (!running || held <= behind_max / 2) tell();
    if (running) lane.continue_later([self = shared_from_this()] { self->run(); }, overdue());
  }

  // With the lock held. The first failure counts.
  void fail(const std::exception_ptr& why) {
    if (!failed) failed = why;
    held = 0;
    pieces.clear();
  }

  // The write that hangs keeps all that it touches.
  Disk::Overdue overdue() {
    return [self = shared_from_this()](Duration since) {
      const Failure late(not_answered("cannot write '" + self->target->name + "': the disk", since));
      const std::lock_guard lock(self->mutex);
      self->fail(std::make_exception_ptr(late));
      self->tell();
    };
  }

  // With the lock held.
  void tell() {
    if (!waiting) return;
    waiting = false;
    asio::post(executor, [weak = changed] {
      if (const auto signal = weak.lock()) signal->notify();
    });
  }

  const Disk::Lane lane;
  const Executor executor;
  const std::shared_ptr<Target> target;
  std::weak_ptr<Signal> changed;

  std::mutex mutex;
  std::list<Piece> pieces;
  std::uint64_t held = 0;  // these, and what is being written
  std::chrono::steady_clock::time_point called{};
  std::exception_ptr failed;
  bool running = false, waiting = false;
};

FileSink::FileSink(Disk& disk, const Executor& executor, std::shared_ptr<Target> target)
    : executor_(executor),
      behind_(std::make_shared<Behind>(disk, executor, std::move(target))),
      changed_(std::make_shared<Signal>()),
      splices_(behind_->target->splices) {
  behind_->changed = changed_;
}

FileSink::~FileSink() { abort(Error{.code = Code::operation_aborted, .message = "dropped"}); }

template <class Ready>
Task<> FileSink::until(Ready ready) {
  std::shared_ptr<Behind> behind = behind_;
  co_await changed_->until([this, &behind, &ready] {
    const std::lock_guard lock(behind->mutex);
    behind->waiting = !failed_ && !behind->failed && !ready(*behind);
    return !behind->waiting;
  });
  if (failed_) {
    const Disk::Lane lane = behind->lane;
    lane.submit([last = std::move(behind)] {});  // removing a partial file is no work for the loop
    throw Failure(*failed_);
  }
  const std::lock_guard lock(behind->mutex);
  if (behind->failed) std::rethrow_exception(behind->failed);
}

Task<> FileSink::write(Piece piece) {
  if (failed_) throw Failure(*failed_);
  ensure(!finished_, "nothing is written after finish");
  const std::uint64_t length = weight(piece);
  const auto room = [length](Behind& behind) {
    if (behind.held == 0 || behind.held + length <= behind_max) return true;
    behind.call();  // for what was gathered
    return false;
  };
  co_await until(room);
  behind_->put(std::move(piece));
}

Task<> FileSink::finish() {
  if (failed_) throw Failure(*failed_);
  ensure(!finished_, "finish is called once");
  const auto written = [](Behind& behind) {
    behind.call();  // for what was gathered
    return !behind.running;
  };
  co_await until(written);
  const std::string who = "cannot complete '" + behind_->target->name + "': the disk";
  for (bool more = true; more;) {
    auto some = [behind = behind_] { return behind->target->complete_some(); };
    DiskWork<bool> completing(behind_->lane, executor_, std::move(some), who);
    more = co_await completing.take();
    if (failed_) throw Failure(*failed_);
  }
  finished_ = true;
  behind_.reset();
}

void FileSink::abort(Error why) noexcept {
  if (failed_ || finished_) return;
  failed_ = std::move(why);
  behind_->target->given_up = true;
  std::list<Piece> dropped;
  {
    const std::lock_guard lock(behind_->mutex);
    behind_->waiting = false;
    dropped.swap(behind_->pieces);
  }
  changed_->notify();
  // The work under way holds the target too; whoever lets go last removes the file, on a thread of the disk.
  const Disk::Lane lane = behind_->lane;
  lane.submit([behind = std::move(behind_)] {});
}

}  // namespace sluice::io
