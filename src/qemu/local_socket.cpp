#include "qemu/local_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "io/failure.h"

namespace sluice::qemu {
namespace {

// An address that stays valid while `directory` is open.
struct Address {
  explicit Address(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos || slash + 1 == path.size()) {
      io::fail(Code::invalid_arg, "'" + path + "' is not an absolute path of a socket");
    }
    const std::string parent = slash == 0 ? "/" : path.substr(0, slash);
    directory = io::Fd(::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!directory) io::fail_with_errno("cannot open directory '" + parent + "'");
    const std::string name = "/proc/self/fd/" + std::to_string(directory.get()) + path.substr(slash);
    if (name.size() >= sizeof where.sun_path) {
      io::fail(Code::invalid_arg, "the name of socket '" + path + "' is too long");
    }
    where.sun_family = AF_UNIX;
    std::memcpy(where.sun_path, name.c_str(), name.size() + 1);
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&where); }

  io::Fd directory;
  sockaddr_un where{};
};

// Non-blocking: a queue that is full is a QEMU that does not accept, and must not hold up a thread of the disk.
io::Fd unix_socket() {
  io::Fd made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!made) io::fail_with_errno("cannot make a unix socket");
  return made;
}

}  // namespace

io::Fd listen_at(const std::string& path) {
  const Address address(path);
  io::Fd listening = unix_socket();
  if (::bind(listening.get(), address.get(), sizeof address.where) != 0) {
    if (errno != EADDRINUSE) io::fail_with_errno("cannot make socket '" + path + "'");
    struct stat about{};
    const io::Fd probe = unix_socket();
    // Connecting to a file that is no socket is refused, too.
    const bool stale = ::lstat(address.where.sun_path, &about) == 0 && S_ISSOCK(about.st_mode) &&
                       ::connect(probe.get(), address.get(), sizeof address.where) != 0 && errno == ECONNREFUSED;
    if (!stale) {
      io::fail(Code::open_failed, "cannot make socket '" + path + "': somebody listens on it, or it is another file");
    }
    if (::unlink(address.where.sun_path) != 0 || ::bind(listening.get(), address.get(), sizeof address.where) != 0) {
      io::fail_with_errno("cannot make socket '" + path + "'");
    }
  }
  if (::listen(listening.get(), 1) != 0) io::fail_with_errno("cannot listen on socket '" + path + "'");
  return listening;
}

io::Fd connect_at(const std::string& path) {
  const Address address(path);
  io::Fd connected = unix_socket();
  if (::connect(connected.get(), address.get(), sizeof address.where) != 0) {
    io::fail_with_errno("cannot connect to socket '" + path + "'");
  }
  return connected;
}

void remove_socket(const std::string& path) noexcept {
  struct stat about{};
  if (::lstat(path.c_str(), &about) == 0 && S_ISSOCK(about.st_mode)) ::unlink(path.c_str());
}

}  // namespace sluice::qemu
