#include "daemon/process_figures.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "io/failure.h"
#include "io/fd.h"

namespace sluice::daemon {
namespace {

// The fields of /proc/self/stat behind the name, which may contain anything; the first one is the third, the state.
std::istringstream own_stat() {
  std::string line;
  if (!std::getline(std::ifstream("/proc/self/stat"), line)) io::fail_with_errno("cannot read '/proc/self/stat'");
  const std::size_t end = line.rfind(')');
  return std::istringstream(end == std::string::npos ? std::string() : line.substr(end + 1));
}

// Seconds since 1970.
double boot_time() {
  std::ifstream stat("/proc/stat");
  double when = 0;
  for (std::string word; stat >> word;) {
    if (word == "btime" && stat >> when) return when;
  }
  io::fail(Code::system_error, "'/proc/stat' does not say when this machine began");
}

std::uint64_t open_descriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), &::closedir);
  if (!folder) io::fail_with_errno("cannot list '/proc/self/fd'");
  std::uint64_t count = 0;
  while (::readdir(folder.get()) != nullptr) ++count;
  constexpr std::uint64_t no_descriptors = 3;  // ".", ".." and that of the folder
  return count - std::min(count, no_descriptors);
}

}  // namespace

ProcessFigures ProcessFigures::now() {
  std::istringstream stat = own_stat();
  // The places of proc(5): state 3, utime 14, stime 15, num_threads 20, starttime 22, rss 24.
  std::string skipped;
  std::uint64_t user = 0, system = 0, threads = 0, started = 0, pages = 0;
  for (int field = 3; field < 14; ++field) stat >> skipped;
  stat >> user >> system;
  for (int field = 16; field < 20; ++field) stat >> skipped;
  stat >> threads >> skipped >> started >> skipped >> pages;
  if (!stat) io::fail(Code::system_error, "'/proc/self/stat' has other fields than it should have");
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  return {.started = boot_time() + static_cast<double>(started) / ticks,
          .cpu_seconds = static_cast<double>(user + system) / ticks,
          .resident_bytes = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)),
          .threads = threads,
          .descriptors = open_descriptors()};
}

}  // namespace sluice::daemon
