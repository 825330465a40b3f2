#include "io/cache_footprint.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "io/write_back.h"

namespace sluice::io {
namespace {

constexpr std::uint64_t least = 256 * 1024 * 1024;
constexpr std::uint64_t page = 4096;

}  // namespace

std::uint64_t CacheFootprint::usual_most() {
  static const std::uint64_t most = [] {
    const long pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
    if (pages < 0 || size < 0) return least;
    return std::max(least, static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size) / 8);
  }();
  return most;
}

// A byte takes a page, so that few entries stand for much.
std::uint64_t CacheFootprint::Written::weight() const { return std::max(bytes, page); }

void CacheFootprint::wrote(std::uint64_t from, std::uint64_t length) {
  while (works_ && length > 0) {
    const std::uint64_t here = from - from % part;
    const std::uint64_t some = std::min(length, here + part - from);
    if (written_.empty() || written_.back().begin < here) {
      written_.push_back({.begin = from, .end = from});
    } else {
      kept_ -= written_.back().weight();
    }
    Written& last = written_.back();
    last.end = from + some;
    last.bytes += some;
    kept_ += last.weight();
    from += some;
    length -= some;
  }
}

std::uint64_t CacheFootprint::let_go_of_some(int file, const std::string& doing) {
  const Written oldest = written_.front();
  written_.pop_front();
  kept_ -= oldest.weight();
  // Pages that are not yet on the disk stay, whatever the kernel is advised.
  if (!sync_part(file, oldest.begin, oldest.end - oldest.begin, doing)) {
    works_ = false;
    kept_ = 0;
    written_.clear();
    return 0;
  }
  // The cache keeps larger pieces than pages, and such a piece goes whole or not: one that reaches into this part was
  // not taken with the one before.
  const std::uint64_t begin = before_.end == oldest.begin ? before_.begin : oldest.begin;
  static_cast<void>(
      ::posix_fadvise(file, static_cast<off_t>(begin), static_cast<off_t>(oldest.end - begin), POSIX_FADV_DONTNEED));
  before_ = oldest;
  return oldest.end;
}

}  // namespace sluice::io
