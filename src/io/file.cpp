#include "io/file.h"

#include <fcntl.h>
#include <unistd.h>

#include "io/failure.h"
#include "io/file_target.h"

namespace sluice::io {
namespace {

constexpr std::size_t step = 1024 * 1024;  // of one read, and what waits while a write is under way

Chunk read_some(int file, const std::string& name) {
  Chunk chunk = Chunk::uninitialised(step);
  for (;;) {
    const ssize_t count = ::read(file, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_with_errno("cannot read '" + name + "'");
    chunk.truncate(static_cast<std::size_t>(count));
    return chunk;
  }
}

}  // namespace

FileSource::FileSource(Disk& disk, const Executor& executor, Fd file, std::string name)
    : disk_(disk), executor_(executor), file_(std::make_shared<Fd>(std::move(file))), name_(std::move(name)) {
  static_cast<void>(::posix_fadvise(file_->get(), 0, 0, POSIX_FADV_SEQUENTIAL));
}

void FileSource::read_ahead() {
  ahead_ = DiskWork<Chunk>(disk_, executor_, [file = file_, name = name_] { return read_some(file->get(), name); });
}

Task<Piece> FileSource::read() {
  if (failed_) throw Failure(*failed_);
  if (ended_) co_return Piece{};
  if (!ahead_.under_way()) read_ahead();
  Chunk chunk = co_await ahead_.take();
  if (failed_) throw Failure(*failed_);
  if (chunk.empty()) {
    ended_ = true;
    file_.reset();
    co_return Piece{};
  }
  read_ahead();
  co_return Piece{.bytes = std::move(chunk)};
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
  waiting_bytes_ += piece.bytes.size();
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

void FileSink::abort(Error why) noexcept {
  if (failed_ || finished_) return;
  failed_ = std::move(why);
  waiting_.clear();
  // The work under way holds the target too; whoever lets go last removes the file, on a thread of the disk.
  disk_.submit([target = std::move(target_)] {});
}

}  // namespace sluice::io
