#include "daemon/state_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>
#include <memory>

#include "io/failure.h"

namespace sluice::daemon {
namespace {

std::string absolute(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  if (!real) io::fail_with_errno("cannot use the state directory '" + path + "'");
  return real.get();
}

void keep_private(const std::string& path) {
  struct stat is{};
  if (::stat(path.c_str(), &is) != 0) io::fail_with_errno("cannot look at the state directory '" + path + "'");
  if (!S_ISDIR(is.st_mode)) io::fail(Code::system_error, "the state directory '" + path + "' is not a directory");
  if (is.st_uid != ::geteuid()) {
    io::fail(Code::system_error, "the state directory '" + path + "' belongs to user " + std::to_string(is.st_uid) +
                                     ", not to us (" + std::to_string(::geteuid()) + ")");
  }
  if ((is.st_mode & 077) != 0 && ::chmod(path.c_str(), 0700) != 0) {
    io::fail_with_errno("cannot make the state directory '" + path + "' private");
  }
}

std::string holder_of(int lock) {
  std::array<char, 32> text{};
  const ssize_t count = ::pread(lock, text.data(), text.size(), 0);
  std::string pid(text.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  pid.erase(pid.find_last_not_of('\n') + 1);
  return pid.empty() ? "" : " (process " + pid + ")";
}

}  // namespace

void make_directories(const std::string& path, mode_t mode) {
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (::mkdir(part.c_str(), slash == path.npos ? mode : 0755) != 0 && errno != EEXIST) {
      io::fail_with_errno("cannot make the directory '" + part + "'");
    }
    if (slash == path.npos) return;
  }
}

StateDirectory::StateDirectory(std::string path) {
  make_directories(path, 0700);
  path_ = absolute(path);
  keep_private(path_);
  const std::string name = path_ + "/lock";
  lock_ = io::Fd(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock_) io::fail_with_errno("cannot open '" + name + "'");
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) io::fail_with_errno("cannot lock '" + name + "'");
    io::fail(Code::resource_busy,
             "another sluiced" + holder_of(lock_.get()) + " uses the state directory '" + path_ + "'");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock_.get(), 0) != 0 || ::pwrite(lock_.get(), pid.data(), pid.size(), 0) < 0) {
    io::fail_with_errno("cannot write '" + name + "'");
  }
}

}  // namespace sluice::daemon
