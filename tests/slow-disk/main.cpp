// slow-disk: a FUSE file system that passes through to a directory, with the faults of a slow, full, broken or stuck
// disk; slow-disk --help says more.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include "faults.h"
#include "mount.h"
#include "options.h"
#include "passthrough.h"
#include "watch.h"

namespace slow_disk {
namespace {

constexpr unsigned threads_max = 256;  // so many operations can hang or be slow before others wait for them

std::string changed(Faults& faults, const std::string& line) {
  try {
    faults.change(changed_by(line, faults.settings()));
    return "ok";
  } catch (const std::exception& error) {
    return std::string("error: ") + error.what();
  }
}

[[noreturn]] void watch_outside(Watch& watch, Faults& faults, MountGuard& guard) {
  try {
    watch.run([&](const std::string& line) { return changed(faults, line); });
    guard.leave(0);
  } catch (const std::exception& error) {
    std::cerr << std::string("slow-disk: ") + error.what() + '\n';
    guard.leave(1);
  }
}

fuse* mounted(Disk& disk) {
  std::string program = "slow-disk", flag = "-o", mount = "default_permissions,fsname=slow-disk";
  if (::geteuid() == 0) mount += ",allow_other";  // others may do so only where /etc/fuse.conf says so
  char* words[] = {program.data(), flag.data(), mount.data(), nullptr};
  fuse_args arguments = FUSE_ARGS_INIT(3, words);
  fuse* const served = ::fuse_new(&arguments, &operations(), sizeof operations(), &disk);
  if (!served) throw std::runtime_error("cannot set up the file system");
  if (::fuse_mount(served, disk.mountpoint) != 0)
    throw std::runtime_error(std::string("cannot mount at '") + disk.mountpoint + "'");
  return served;
}

[[noreturn]] void serve(const Options& options, Watch& watch, MountGuard& guard) {
  Faults faults(options.settings, [](const char* operation, const char* file) {
    std::cout << std::string("hangs ") + operation + ' ' + file + '\n' << std::flush;
  });
  const int directory = ::open(options.directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) throw std::system_error(errno, std::generic_category(), "cannot open '" + options.directory + "'");
  Disk disk{.directory = directory, .cache = options.cache, .faults = faults, .mountpoint = options.mountpoint.c_str()};
  ::umask(0);  // the kernel has applied that of who creates
  fuse* const served = mounted(disk);
  std::thread outside([&] { watch_outside(watch, faults, guard); });

  fuse_loop_config* const loop = ::fuse_loop_cfg_create();
  ::fuse_loop_cfg_set_max_threads(loop, threads_max);
  ::fuse_loop_cfg_set_idle_threads(loop, threads_max);
  const int ended = ::fuse_loop_mt(served, loop);  // until somebody else unmounts
  guard.leave(ended == 0 ? 0 : 1);
}

int run(const Options& options) {
  Watch watch;
  MountGuard guard(options.mountpoint);
  try {
    serve(options, watch, guard);
  } catch (const std::exception& error) {
    std::cerr << std::string("slow-disk: ") + error.what() + '\n';
    guard.leave(1);
  }
}

}  // namespace
}  // namespace slow_disk

int main(int count, char** words) {
  try {
    return slow_disk::run(slow_disk::options_of(count, words));
  } catch (const std::exception& error) {
    std::cerr << std::string("slow-disk: ") + error.what() + '\n';
    return 1;
  }
}
