#include "io/file_target.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/system/system_error.hpp>
#include <vector>

#include "io/failure.h"
#include "io/random.h"
#include "io/write_back.h"

namespace sluice::io {
namespace {

// Writing back early leaves little for the final fsync to wait for.
constexpr std::uint64_t write_back_step = 8 * 1024 * 1024;

// Of holes, which may be very long: then others have their turn.
constexpr std::uint64_t zeros_at_once = 1024 * 1024;
constexpr std::uint64_t punched_at_once = 1024 * 1024 * 1024;

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// The file a chain of symbolic links ends at: renaming onto a link would replace the link.
std::string resolved(std::string path) {
  for (int steps = 0; steps < 40; ++steps) {
    std::array<char, PATH_MAX> text;
    const ssize_t size = ::readlink(path.c_str(), text.data(), text.size());
    if (size < 0) return path;
    const std::string next(text.data(), static_cast<std::size_t>(size));
    path = next.starts_with('/') ? next : directory_of(path) + "/" + next;
  }
  return path;
}

// /dev/null, which takes everything (Documentation/admin-guide/devices.txt of the kernel has the numbers).
bool is_null(const struct stat& status) { return S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3); }

void write_all(int fd, std::vector<iovec>& parts, const std::string& name) {
  std::size_t first = 0;
  while (first < parts.size()) {
    const int count = static_cast<int>(std::min<std::size_t>(parts.size() - first, IOV_MAX));
    const ssize_t wrote = ::writev(fd, parts.data() + first, count);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) fail_with_errno("cannot write '" + name + "'");
    auto left = static_cast<std::size_t>(wrote);
    while (first < parts.size() && left >= parts[first].iov_len) left -= parts[first++].iov_len;
    if (left > 0) {
      parts[first].iov_base = static_cast<std::byte*>(parts[first].iov_base) + left;
      parts[first].iov_len -= left;
    }
  }
  parts.clear();
}

void splice_all(int fd, Spliced& bytes, const std::string& name) {
  while (bytes.size() > 0) {
    Spliced::Moved moved;
    try {
      moved = bytes.drain(fd, bytes.size());
    } catch (const boost::system::system_error& failed) {
      fail_with_errno("cannot write '" + name + "'", failed.code().value());
    }
    if (moved.stop == Spliced::Stop::none) continue;
    if (moved.stop != Spliced::Stop::unsupported) fail_with_errno("cannot write '" + name + "'", EIO);
    Chunk through_memory = bytes.read_out();
    std::vector<iovec> parts{{through_memory.data(), through_memory.size()}};
    write_all(fd, parts, name);
  }
}

}  // namespace

std::shared_ptr<FileSink::Target> FileSink::Target::beside(const std::string& path, const OpenSinkOptions& options) {
  auto target = std::make_shared<Target>();
  target->name = resolved(path);
  target->exclusive = options.exclusive;
  target->seekable = true;
  target->regular = target->splices = true;
  struct stat there{};
  if (options.exclusive && ::lstat(target->name.c_str(), &there) == 0) {
    fail_with_errno("cannot create '" + path + "'", EEXIST);
  }
  const std::string partial = target->name + ".partial-" + random_letters(6);
  target->file = Fd(::open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, options.mode));
  if (!target->file) fail_with_errno("cannot create '" + path + "'");
  target->partial = partial;
  return target;
}

std::shared_ptr<FileSink::Target> FileSink::Target::in_place(Fd file, std::string name) {
  auto target = std::make_shared<Target>();
  target->name = std::move(name);
  const off_t here = ::lseek(file.get(), 0, SEEK_CUR);
  const int flags = ::fcntl(file.get(), F_GETFL);
  target->seekable = here >= 0 && (flags & O_APPEND) == 0;
  struct stat status{};
  const bool known = target->seekable && ::fstat(file.get(), &status) == 0;
  target->regular = known && S_ISREG(status.st_mode);
  target->splices = target->regular || (known && is_null(status));
  target->at = target->on_disk = here >= 0 ? static_cast<std::uint64_t>(here) : 0;
  target->file = std::move(file);
  return target;
}

void FileSink::Target::write(std::list<Piece>& pieces) {
  std::vector<iovec> parts;
  std::list<Piece> shown;  // by `parts`
  std::uint64_t zeros_left = zeros_at_once;
  while (!pieces.empty()) {
    Piece& piece = pieces.front();
    if (piece.hole != 0) {
      write_all(file.get(), parts, name);
      piece.hole -= skip_some(piece.hole, zeros_left);
      if (piece.hole != 0) break;
      pieces.pop_front();
      continue;
    }
    if (seekable) footprint.wrote(at, piece.length());
    at += piece.length();
    if (piece.spliced) {
      write_all(file.get(), parts, name);
      splice_all(file.get(), *piece.spliced, name);
    } else {
      parts.push_back({piece.bytes.data(), piece.bytes.size()});
    }
    shown.splice(shown.end(), pieces, pieces.begin());
  }
  write_all(file.get(), parts, name);
  if (seekable && at - synced >= write_back_step) {
    ::sync_file_range(file.get(), static_cast<off_t>(synced), static_cast<off_t>(at - synced), SYNC_FILE_RANGE_WRITE);
    synced = at;
  }
}

std::uint64_t FileSink::Target::skip_some(std::uint64_t hole, std::uint64_t& zeros_left) {
  // What is skipped in a new file reads as zeros.
  const std::uint64_t some = partial.empty() ? std::min(hole, punched_at_once) : hole;
  if (!partial.empty() || punched(at, some)) {
    at += some;
    if (::lseek(file.get(), static_cast<off_t>(at), SEEK_SET) < 0) fail_with_errno("cannot write '" + name + "'");
    return some;
  }
  static constexpr std::array<std::byte, 64 * 1024> zeros{};
  const std::uint64_t written = std::min(hole, zeros_left);
  std::vector<iovec> parts;
  for (std::uint64_t left = written; left > 0;) {
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(left, zeros.size()));
    parts.push_back({const_cast<std::byte*>(zeros.data()), part});
    left -= part;
  }
  write_all(file.get(), parts, name);
  if (seekable) footprint.wrote(at, written);
  at += written;
  zeros_left -= written;
  return written;
}

void FileSink::Target::let_go_of_some() {
  on_disk = std::max(on_disk, footprint.let_go_of_some(file.get(), "cannot write '" + name + "'"));
}

bool FileSink::Target::punched(std::uint64_t from, std::uint64_t length) const {
  struct stat status{};
  if (!regular || ::fstat(file.get(), &status) != 0) return false;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  // Beyond its end a file grows by a hole when it is made longer.
  if (from + length > size && ::ftruncate(file.get(), static_cast<off_t>(from + length)) != 0) return false;
  if (from >= size) return true;
  const int how = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  return ::fallocate(file.get(), how, static_cast<off_t>(from), static_cast<off_t>(std::min(length, size - from))) == 0;
}

bool FileSink::Target::complete_some() {
  const std::string finishing = "cannot complete '" + name + "'";
  if (regular && sync_some(file.get(), on_disk, at, finishing)) return true;
  if (!partial.empty()) {
    // The length counts a hole at the end.
    if (::ftruncate(file.get(), static_cast<off_t>(at)) != 0) fail_with_errno(finishing);
    if (::fsync(file.get()) != 0) fail_with_errno(finishing);
    if (given_up) fail(Code::operation_aborted, finishing + ": nobody waits for it any more");
    const unsigned how = exclusive ? RENAME_NOREPLACE : 0;
    if (::renameat2(AT_FDCWD, partial.c_str(), AT_FDCWD, name.c_str(), how) != 0) fail_with_errno(finishing);
    partial.clear();
    const Fd directory(::open(directory_of(name).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // Without this a crash may forget the name. Some file systems cannot do it (EINVAL) and need not.
    if (directory && ::fsync(directory.get()) != 0 && errno != EINVAL) fail_with_errno(finishing);
  } else if (::fsync(file.get()) != 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP) {
    fail_with_errno(finishing);
  }
  const int closing = file.release();
  if (closing >= 0 && ::close(closing) != 0 && errno != EINTR) fail_with_errno(finishing);
  held.reset();
  return false;
}

void FileSink::Target::discard() noexcept {
  if (!partial.empty()) ::unlink(partial.c_str());
  partial.clear();
  file.reset();
}

}  // namespace sluice::io
