#include "io/write_back.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "io/failure.h"
#include "io/fd.h"

namespace sluice::io {
namespace {

constexpr std::uint64_t sync_step = 1024 * 1024;
constexpr std::chrono::seconds turn{1};  // then others who wait for the disk have theirs

}  // namespace

bool sync_part(int file, std::uint64_t from, std::uint64_t length, const std::string& doing) {
  const unsigned how = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  if (::sync_file_range(file, static_cast<off_t>(from), static_cast<off_t>(length), how) == 0) return true;
  // The kernel tells of a write that failed once: it would not tell fsync again.
  if (errno == EIO || errno == ENOSPC || errno == EDQUOT) fail_with_errno(doing);
  return false;
}

bool sync_some(int file, std::uint64_t& from, std::uint64_t end, const std::string& doing) {
  const auto begun = std::chrono::steady_clock::now();
  while (from < end) {
    if (std::chrono::steady_clock::now() - begun > turn) return true;
    const off_t data = ::lseek(file, static_cast<off_t>(from), SEEK_DATA);
    if (data < 0 || static_cast<std::uint64_t>(data) >= end) return false;  // holes, which may be very long
    from = static_cast<std::uint64_t>(data);
    const std::uint64_t part = std::min(end - from, sync_step);
    if (!sync_part(file, from, part, doing)) return false;
    from += part;
  }
  return false;
}

}  // namespace sluice::io
