#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <deque>
#include <mutex>

#include "io/failure.h"
#include "io/file.h"

namespace sluice::io {
namespace {

constexpr std::size_t step = 1024 * 1024;                     // of one read
constexpr std::uint64_t ahead_max = 2 * std::uint64_t{step};  // read and not yet asked for

Piece read_some(int file, const std::string& name) {
  Chunk chunk = Chunk::uninitialised(step);
  for (;;) {
    const ssize_t count = ::read(file, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_with_errno("cannot read '" + name + "'");
    chunk.truncate(static_cast<std::size_t>(count));
    return Piece{.bytes = std::move(chunk)};
  }
}

// Nothing: this file system cannot do it, or there is no pipe.
std::optional<Piece> splice_some(int file, const std::string& name, SplicePool& pool) {
  std::shared_ptr<Spliced> spliced = pool.take();
  if (!spliced) return std::nullopt;
  try {
    const auto moved = spliced->fill(file, Spliced::capacity);
    // Also at the end, which a file system may believe to be nearer than it is: read(2) knows.
    if (moved.stop != Spliced::Stop::none) return std::nullopt;
  } catch (const boost::system::system_error& failed) {
    fail_with_errno("cannot read '" + name + "'", failed.code().value());
  }
  return Piece{.bytes = {}, .spliced = std::move(spliced)};
}

}  // namespace

struct FileSource::Ahead final : std::enable_shared_from_this<Ahead> {
  Ahead(Disk& d, const Executor& e, Fd f, std::string n)
      : disk(d), executor(e), file(std::move(f)), name(std::move(n)) {}

  // With the lock held. The disk's thread goes on while there is room, and comes back when there is room again.
  void go_on() {
    if (running || ended || abandoned || failed || held >= ahead_max) return;
    running = true;
    disk.submit([self = shared_from_this()] { self->run(); });
  }

  // One read, then whoever else waits for the disk has a turn.
  void run() {
    Piece piece;
    std::exception_ptr trouble;
    try {
      piece = next();
    } catch (...) {
      trouble = std::current_exception();
    }
    const std::lock_guard lock(mutex);
    failed = trouble;
    ended = !trouble && piece.is_end();
    if (!trouble && !ended && !abandoned) {
      held += piece.length();
      pieces.push_back(std::move(piece));
    }
    running = !ended && !failed && !abandoned && held < ahead_max;
    if (waiting) {
      waiting = false;
      asio::post(executor, [weak = changed] {
        if (const auto signal = weak.lock()) signal->notify();
      });
    }
    if (running) disk.continue_later([self = shared_from_this()] { self->run(); });
  }

  Piece next() {
    if (splices) {
      if (auto spliced = splice_some(file.get(), name, pool)) return std::move(*spliced);
    }
    return read_some(file.get(), name);
  }

  Disk& disk;
  const Executor executor;
  const Fd file;
  const std::string name;
  SplicePool pool;
  std::weak_ptr<Signal> changed;

  std::mutex mutex;
  std::deque<Piece> pieces;
  std::uint64_t held = 0;
  std::exception_ptr failed;
  bool running = false, ended = false, abandoned = false, waiting = false;
  std::atomic<bool> splices = false;
};

FileSource::FileSource(Disk& disk, const Executor& executor, Fd file, std::string name)
    : ahead_(std::make_shared<Ahead>(disk, executor, std::move(file), std::move(name))),
      changed_(std::make_shared<Signal>(executor)) {
  ahead_->changed = changed_;
  static_cast<void>(::posix_fadvise(ahead_->file.get(), 0, 0, POSIX_FADV_SEQUENTIAL));
}

FileSource::~FileSource() { stop(Error{.code = Code::operation_aborted, .message = "dropped"}); }

void FileSource::may_splice() {
  struct stat status{};
  if (!failed_ && ::fstat(ahead_->file.get(), &status) == 0 && S_ISREG(status.st_mode)) ahead_->splices = true;
}

Task<Piece> FileSource::read() {
  if (failed_) throw Failure(*failed_);
  if (ended_) co_return Piece{};
  const std::shared_ptr<Ahead> ahead = ahead_;
  co_await changed_->until([&ahead] {
    const std::lock_guard lock(ahead->mutex);
    ahead->go_on();
    ahead->waiting = ahead->pieces.empty() && !ahead->ended && !ahead->failed && !ahead->abandoned;
    return !ahead->waiting;
  });
  if (failed_) throw Failure(*failed_);
  const std::lock_guard lock(ahead->mutex);
  if (ahead->pieces.empty()) {
    if (ahead->failed) std::rethrow_exception(ahead->failed);
    ended_ = true;
    co_return Piece{};
  }
  Piece piece = std::move(ahead->pieces.front());
  ahead->pieces.pop_front();
  ahead->held -= piece.length();
  ahead->go_on();
  co_return piece;
}

void FileSource::stop(Error why) noexcept {
  if (failed_) return;
  failed_ = std::move(why);
  std::deque<Piece> dropped;
  {
    const std::lock_guard lock(ahead_->mutex);
    ahead_->abandoned = true;
    ahead_->waiting = false;
    dropped.swap(ahead_->pieces);
  }
  changed_->notify();
}

}  // namespace sluice::io
