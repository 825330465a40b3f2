#include "mount.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <system_error>

namespace slow_disk {
namespace {

constexpr int not_mounted = EINVAL;

// 0, or what went wrong. Who is not root has the help of fusermount3, as for mounting.
int unmounted(const std::string& mountpoint) {
  if (::umount2(mountpoint.c_str(), MNT_DETACH) == 0 || errno == not_mounted) return 0;
  if (errno != EPERM) return errno;
  const pid_t child = ::fork();
  if (child == 0) {
    ::execlp("fusermount3", "fusermount3", "-u", "-z", "-q", mountpoint.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return errno;
  return status == 0 ? 0 : EPERM;
}

[[noreturn]] void unmount_at_end_of(int parent, const std::string& mountpoint) {
  ::setsid();  // what is sent to our group is not for this child
  const int nothing = ::open("/dev/null", O_RDWR);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, stream);
  char none = 0;
  while (::read(parent, &none, 1) < 0 && errno == EINTR) continue;
  ::_exit(unmounted(mountpoint));
}

}  // namespace

MountGuard::MountGuard(std::string mountpoint) : mountpoint_(std::move(mountpoint)) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
  child_ = ::fork();
  if (child_ < 0) throw std::system_error(errno, std::generic_category(), "cannot start a process");
  if (child_ == 0) {
    ::close(ends[1]);
    unmount_at_end_of(ends[0], mountpoint_);
  }
  ::close(ends[0]);  // the other end is closed by our end
}

void MountGuard::leave(int code) {
  if (const int error = unmounted(mountpoint_)) {
    std::cerr << "slow-disk: cannot unmount '" + mountpoint_ + "': " + std::strerror(error) + '\n';
    code = 1;
  }
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
  std::_Exit(code);
}

}  // namespace slow_disk
