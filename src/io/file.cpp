#include "io/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/failure.h"
#include "io/file_target.h"

namespace sluice::io {
namespace {

constexpr std::size_t step = 1024 * 1024;  // of one read, and what waits while a write is under way

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
    if (moved.stop == Spliced::Stop::ended) return Piece{};
    if (moved.stop != Spliced::Stop::none) return std::nullopt;
  } catch (const boost::system::system_error& failed) {
    fail_with_errno("cannot read '" + name + "'", failed.code().value());
  }
  return Piece{.bytes = {}, .spliced = std::move(spliced)};
}

}  // namespace

FileSource::FileSource(Disk& disk, const Executor& executor, Fd file, std::string name)
    : disk_(disk), executor_(executor), file_(std::make_shared<Fd>(std::move(file))), name_(std::move(name)) {
  static_cast<void>(::posix_fadvise(file_->get(), 0, 0, POSIX_FADV_SEQUENTIAL));
}

void FileSource::may_splice() {
  struct stat status{};
  if (file_ && ::fstat(file_->get(), &status) == 0 && S_ISREG(status.st_mode)) pool_.emplace();
}

void FileSource::read_ahead() {
  auto work = [file = file_, name = name_, pool = pool_]() mutable {
    std::optional<Piece> spliced;
    if (pool) spliced = splice_some(file->get(), name, *pool);
    return spliced ? std::move(*spliced) : read_some(file->get(), name);
  };
  ahead_ = DiskWork<Piece>(disk_, executor_, std::move(work));
}

Task<Piece> FileSource::read() {
  if (failed_) throw Failure(*failed_);
  if (ended_) co_return Piece{};
  if (!ahead_.under_way()) read_ahead();
  Piece piece = co_await ahead_.take();
  if (failed_) throw Failure(*failed_);
  if (piece.is_end()) {
    ended_ = true;
    file_.reset();
    co_return Piece{};
  }
  read_ahead();
  co_return piece;
}

void FileSource::stop(Error why) noexcept {
  if (failed_) return;
  failed_ = std::move(why);
  file_.reset();
}

FileSink::FileSink(Disk& disk, const Executor& executor, std::shared_ptr<Target> target)
    : disk_(disk), executor_(executor), target_(std::move(target)) {}

FileSink::~FileSink() { abort(Error{.code = Code::operation_aborted, .message = "dropped"}); }

void FileSink::start() {
  waiting_bytes_ = 0;
  writing_ = DiskWork<bool>(disk_, executor_, [target = target_, pieces = std::move(waiting_)]() mutable {
    target->write(pieces);
    return true;
  });
  waiting_.clear();
}

Task<> FileSink::settle() {
  static_cast<void>(co_await writing_.take());
  if (failed_) throw Failure(*failed_);
}

Task<> FileSink::write(Piece piece) {
  if (failed_) throw Failure(*failed_);
  ensure(!finished_, "nothing is written after finish");
  waiting_bytes_ += piece.spliced ? piece.spliced->size() : piece.bytes.size();
  waiting_.push_back(std::move(piece));
  if (writing_.under_way() && (writing_.done() || waiting_bytes_ >= step)) co_await settle();
  if (!writing_.under_way()) start();
}

Task<> FileSink::finish() {
  if (failed_) throw Failure(*failed_);
  ensure(!finished_, "finish is called once");
  while (writing_.under_way() || !waiting_.empty()) {
    if (!writing_.under_way()) start();
    co_await settle();
  }
  auto complete = [target = target_] {
    target->complete();
    return true;
  };
  writing_ = DiskWork<bool>(disk_, executor_, std::move(complete));
  co_await settle();
  finished_ = true;
  target_.reset();
}

bool FileSink::takes_spliced() const { return target_ && target_->regular; }

void FileSink::abort(Error why) noexcept {
  if (failed_ || finished_) return;
  failed_ = std::move(why);
  waiting_.clear();
  // The work under way holds the target too; whoever lets go last removes the file, on a thread of the disk.
  disk_.submit([target = std::move(target_)] {});
}

}  // namespace sluice::io
