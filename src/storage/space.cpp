#include "storage/space.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/chunk.h"
#include "io/write_back.h"
#include "storage/place.h"

namespace sluice::storage {
namespace {

constexpr std::uint64_t allocated_at_once = 1024 * 1024 * 1024;
constexpr std::uint64_t copied_at_once = 1024 * 1024;
constexpr std::chrono::milliseconds turn{100};  // then others who wait for the disk have theirs

}  // namespace

// Asked before, because a file system gives what it has before it says that this is not enough, and others need it.
void Allocating::require_room() const {
  struct statvfs status{};
  if (::fstatvfs(file_.get(), &status) != 0) return;
  if ((end_ - at_) / status.f_frsize > status.f_bavail) refuse(ENOSPC);
}

void Allocating::refuse(int os_error) const {
  io::fail_with_errno("cannot allocate " + std::to_string(end_) + " bytes for '" + path_ + "'", os_error);
}

bool Allocating::step() {
  if (at_ >= end_) return false;
  if (!std::exchange(asked_, true)) require_room();
  const std::uint64_t some = std::min(end_ - at_, allocated_at_once);
  if (::fallocate(file_.get(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(at_), static_cast<off_t>(some)) != 0) {
    if (errno == EINTR) return true;
    if (errno == EOPNOTSUPP) return false;
    refuse(errno);
  }
  at_ += some;
  return at_ < end_;
}

Data next_data(const io::Fd& file, std::uint64_t at, const std::string& path) {
  const off_t begin = ::lseek(file.get(), static_cast<off_t>(at), SEEK_DATA);
  if (begin < 0 && errno == ENXIO) return {};
  const off_t end = begin < 0 ? begin : ::lseek(file.get(), begin, SEEK_HOLE);
  if (end < 0) io::fail_with_errno("cannot find the holes of '" + path + "'");
  return {.begin = static_cast<std::uint64_t>(begin), .end = static_cast<std::uint64_t>(end)};
}

void write_at(const io::Fd& file, Bytes bytes, std::uint64_t offset, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) io::fail_with_errno("cannot write '" + path + "'");
    offset += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

bool Syncing::step() {
  const auto end = static_cast<std::uint64_t>(status_of(file_, path_).st_size);
  return io::sync_some(file_.get(), at_, end, "cannot write '" + path_ + "'");
}

bool Copying::step() {
  const auto begun = std::chrono::steady_clock::now();
  do {
    if (!copy_some()) return false;
  } while (std::chrono::steady_clock::now() - begun < turn);
  return true;
}

bool Copying::copy_some() {
  if (at_ >= data_end_) {
    const Data data = next_data(from_, at_, from_path_);
    if (data.end == 0) return false;
    at_ = data.begin;
    data_end_ = data.end;
  }
  const std::uint64_t most = std::min(data_end_ - at_, copied_at_once);
  if (!in_kernel_) {
    copy_in_memory(most);
    return true;
  }
  auto in = static_cast<off_t>(at_), out = in;
  const ssize_t count = ::copy_file_range(from_.get(), &in, to_.get(), &out, static_cast<std::size_t>(most), 0);
  if (count > 0) {
    at_ += static_cast<std::uint64_t>(count);
  } else if (count == 0 || errno == EXDEV || errno == EOPNOTSUPP || errno == EINVAL || errno == ENOSYS) {
    in_kernel_ = false;  // two file systems, or one that cannot
  } else if (errno != EINTR) {
    io::fail_with_errno("cannot copy '" + from_path_ + "' to '" + to_path_ + "'");
  }
  return true;
}

void Copying::copy_in_memory(std::uint64_t most) {
  const std::uint64_t end = at_ + most;
  Chunk chunk = Chunk::uninitialised(1024 * 1024);
  while (at_ < end) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), end - at_));
    const ssize_t count = ::pread(from_.get(), chunk.data(), wanted, static_cast<off_t>(at_));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) io::fail_with_errno("cannot read '" + from_path_ + "'");
    if (count == 0) {  // it was cut meanwhile
      data_end_ = at_;
      return;
    }
    write_at(to_, chunk.bytes().first(static_cast<std::size_t>(count)), at_, to_path_);
    at_ += static_cast<std::uint64_t>(count);
  }
}

}  // namespace sluice::storage
