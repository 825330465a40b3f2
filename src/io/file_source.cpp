#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
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
constexpr std::size_t small_step = 64 * 1024;                 // while others have read ahead as much as all may
constexpr std::size_t least_step = 4 * 1024;                  // while so many do that these are too much as well
constexpr std::uint64_t ahead_max = 2 * std::uint64_t{step};  // read and not yet asked for

// What it takes of the memory, or of the kernel's.
std::uint64_t weight(const Piece& piece) { return piece.hole != 0 ? sizeof(Piece) : piece.length(); }

// Of the bytes that all streams may read ahead: until nobody holds what was read.
struct Charge {
  Charge(std::shared_ptr<Budget> b, std::size_t bytes) : budget(std::move(b)), reserved(*budget, nullptr) {
    reserved.grow_to(bytes);
  }
  std::shared_ptr<Budget> budget;
  Reservation reserved;
};

std::optional<Chunk> charged(std::size_t bytes, const std::shared_ptr<Budget>& budget) {
  const auto charge = std::make_shared<const Charge>(budget, bytes);
  if (charge->reserved.bytes() != bytes) return std::nullopt;
  Chunk chunk = Chunk::uninitialised(bytes);
  chunk.hold(charge);
  return chunk;
}

// Memory for one read. None: others read ahead as much as all may, and this stream has something for who asks next.
std::optional<Chunk> room(std::uint64_t most, bool nothing_waits, const Disk::Ahead& budgets) {
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(step, most));
  if (auto chunk = charged(wanted, budgets.all)) return chunk;
  if (!nothing_waits) return std::nullopt;
  if (auto chunk = charged(std::min(wanted, small_step), budgets.small)) return chunk;
  return Chunk::uninitialised(std::min(wanted, least_step));
}

Piece read_into(Chunk chunk, int file, const std::string& name) {
  for (;;) {
    const ssize_t count = ::read(file, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_with_errno("cannot read '" + name + "'");
    chunk.truncate(static_cast<std::size_t>(count));
    return Piece{.bytes = std::move(chunk)};
  }
}

// Nothing: this file system cannot do it, or there is no pipe.
std::optional<Piece> splice_some(int file, std::uint64_t most, const std::string& name, SplicePool& pool) {
  std::shared_ptr<Spliced> spliced = pool.take();
  if (!spliced) return std::nullopt;
  try {
    const auto wanted = std::min<std::uint64_t>(Spliced::capacity, most);
    const auto moved = spliced->fill(file, static_cast<std::size_t>(wanted));
    // Also at the end, which a file system may believe to be nearer than it is: read(2) knows.
    if (moved.stop != Spliced::Stop::none) return std::nullopt;
  } catch (const boost::system::system_error& failed) {
    fail_with_errno("cannot read '" + name + "'", failed.code().value());
  }
  return Piece{.bytes = {}, .spliced = std::move(spliced)};
}

struct Extent {
  std::uint64_t hole = 0, data = 0;  // one of them; neither: the end of the file
};

// What lies where the file stands. After a hole it stands behind it.
Extent next_extent(int file, const std::string& name) {
  const off_t here = ::lseek(file, 0, SEEK_CUR);
  const off_t data = ::lseek(file, here, SEEK_DATA);
  if (data > here) return {.hole = static_cast<std::uint64_t>(data - here)};
  if (data < 0 && errno == ENXIO) {  // nothing but a hole comes
    const off_t end = ::lseek(file, 0, SEEK_END);
    return {.hole = end > here ? static_cast<std::uint64_t>(end - here) : 0};
  }
  const off_t end = data < 0 ? -1 : ::lseek(file, here, SEEK_HOLE);
  if (end < 0 || ::lseek(file, here, SEEK_SET) < 0) fail_with_errno("cannot find the holes of '" + name + "'");
  return {.data = static_cast<std::uint64_t>(end - here)};
}

}  // namespace

struct FileSource::Ahead final : std::enable_shared_from_this<Ahead> {
  Ahead(const Disk& disk, const Executor& e, Fd f, std::string n, FileSourceOptions o)
      : lane(disk.lane_of(f.get())),
        budgets(disk.ahead()),
        executor(e),
        file(std::move(f)),
        name(std::move(n)),
        left(o.length),
        holes(o.holes) {}

  // With the lock held. The disk's thread goes on while there is room, and comes back when there is room again.
  void go_on() {
    if (running || ended || abandoned || failed || held >= ahead_max) return;
    running = true;
    lane.submit([self = shared_from_this()] { self->run(); }, overdue());
  }

  // One read, then whoever else waits for the disk has a turn.
  void run() {
    std::optional<Piece> piece;
    std::exception_ptr trouble;
    try {
      piece = next();
    } catch (...) {
      trouble = std::current_exception();
    }
    const std::lock_guard lock(mutex);
    if (!failed) failed = trouble;
    ended = !failed && piece && piece->is_end();
    const bool had_room = piece || trouble;
    if (piece && !failed && !ended && !abandoned) {
      held += weight(*piece);
      pieces.push_back(std::move(*piece));
    }
    // Without room it goes on when nothing waits any more, which may be so by now.
    running = !ended && !failed && !abandoned && (had_room ? held < ahead_max : held == 0);
    tell();
    if (running) lane.continue_later([self = shared_from_this()] { self->run(); }, overdue());
  }

  // With the lock held.
  void tell() {
    if (!waiting) return;
    waiting = false;
    asio::post(executor, [weak = changed] {
      if (const auto signal = weak.lock()) signal->notify();
    });
  }

  // The read that hangs keeps all that it touches.
  Disk::Overdue overdue() {
    return [self = shared_from_this()](Duration since) {
      const Failure late(not_answered("cannot read '" + self->name + "': the disk", since));
      const std::lock_guard lock(self->mutex);
      if (!self->failed) self->failed = std::make_exception_ptr(late);
      self->tell();
    };
  }

  // Nothing: there is no room for it now.
  std::optional<Piece> next() {
    if (left == 0) return Piece{};
    if (holes && data == 0) {
      const Extent extent = next_extent(file.get(), name);
      data = extent.data;
      if (data == 0) return taken({.bytes = {}, .hole = std::min(extent.hole, left)});
    }
    const std::uint64_t most = holes ? std::min(data, left) : left;
    if (splices && is_regular()) {
      if (auto spliced = splice_some(file.get(), most, name, pool)) return taken(std::move(*spliced));
    }
    auto chunk = room(most, nothing_waits(), budgets);
    if (!chunk) return std::nullopt;
    return taken(read_into(std::move(*chunk), file.get(), name));
  }

  bool nothing_waits() {
    const std::lock_guard lock(mutex);
    return held == 0;
  }

  bool is_regular() {
    struct stat status{};
    if (!regular) regular = ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode);
    return *regular;
  }

  Piece taken(Piece piece) {
    left -= piece.length();
    if (piece.hole == 0) data -= std::min(data, piece.length());
    return piece;
  }

  const Disk::Lane lane;
  const Disk::Ahead budgets;
  const Executor executor;
  const Fd file;
  const std::string name;
  std::uint64_t left;           // of what is wanted
  const bool holes;             // come as holes
  std::uint64_t data = 0;       // before the next hole, as far as is known
  std::optional<bool> regular;  // a file: not asked on the event loop
  SplicePool pool;
  std::weak_ptr<Signal> changed;

  std::mutex mutex;
  std::deque<Piece> pieces;
  std::uint64_t held = 0;
  std::exception_ptr failed;
  bool running = false, ended = false, abandoned = false, waiting = false;
  std::atomic<bool> splices = false;
};

FileSource::FileSource(Disk& disk, const Executor& executor, Fd file, std::string name, FileSourceOptions options)
    : ahead_(std::make_shared<Ahead>(disk, executor, std::move(file), std::move(name), options)),
      changed_(std::make_shared<Signal>()) {
  ahead_->changed = changed_;
  static_cast<void>(::posix_fadvise(ahead_->file.get(), 0, 0, POSIX_FADV_SEQUENTIAL));
}

FileSource::~FileSource() {
  stop(Error{.code = Code::operation_aborted, .message = "dropped"});
  const Disk::Lane lane = ahead_->lane;
  lane.submit([last = std::move(ahead_)] {});  // closing a file may wait for its disk
}

void FileSource::may_splice() { ahead_->splices = true; }

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
  ahead->held -= weight(piece);
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
