// `sluice relay`: carries a connection between standard input and output and a daemon's socket. qemu+ssh:// runs it on
// the other machine. It knows nothing of what it carries.

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/outcome.h"

namespace sluice::cli {
namespace {

[[noreturn]] void fail(const std::string& what) { throw Failure(system_failure(what, errno)); }

int connected(const std::string& path) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (path.size() >= sizeof(address.sun_path)) throw UsageError("the path of a socket is shorter than '" + path + "'");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) fail("cannot make a socket");
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    fail("cannot connect to '" + path + "'");
  }
  return socket;
}

// A descriptor that does not wait, as long as this lives: it may be somebody else's, too.
class Unwaiting {
 public:
  explicit Unwaiting(int fd) : fd_(fd), before_(::fcntl(fd, F_GETFL)) {
    if (before_ >= 0) ::fcntl(fd, F_SETFL, before_ | O_NONBLOCK);
  }
  Unwaiting(const Unwaiting&) = delete;
  Unwaiting& operator=(const Unwaiting&) = delete;
  ~Unwaiting() {
    if (before_ >= 0) ::fcntl(fd_, F_SETFL, before_);
  }

 private:
  const int fd_, before_;
};

// One direction: what was read waits here until it is written, and nothing more is read meanwhile.
class Way {
 public:
  Way(int from, int to) : from_(from), to_(to), room_(256 * 1024) {}

  bool over() const { return over_; }
  bool reads() const { return !over_ && left_ == 0; }
  bool writes() const { return !over_ && left_ > 0; }
  int from() const { return from_; }
  int to() const { return to_; }

  void read() {
    const ssize_t count = ::read(from_, room_.data(), room_.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count < 0 && errno != ECONNRESET) fail("cannot read");
    if (count <= 0) return end();
    at_ = 0;
    left_ = static_cast<std::size_t>(count);
  }
  void write() {
    const ssize_t count = ::write(to_, room_.data() + at_, left_);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count < 0 && (errno == EPIPE || errno == ECONNRESET)) return end();
    if (count < 0) fail("cannot write");
    at_ += static_cast<std::size_t>(count);
    left_ -= static_cast<std::size_t>(count);
  }

 private:
  // The other side hears that nothing more comes; it may still have something to say.
  void end() {
    over_ = true;
    if (::shutdown(to_, SHUT_WR) != 0 && errno == ENOTSOCK) ::close(to_);
  }

  const int from_, to_;
  std::vector<char> room_;
  std::size_t at_ = 0, left_ = 0;
  bool over_ = false;
};

void carry(int socket) {
  const Unwaiting in(STDIN_FILENO), out(STDOUT_FILENO), daemon(socket);
  Way there(STDIN_FILENO, socket), back(socket, STDOUT_FILENO);
  while (!back.over()) {
    std::array<pollfd, 4> wanted{};
    std::size_t count = 0;
    for (const Way* way : {&there, &back}) {
      if (way->reads()) wanted[count++] = {.fd = way->from(), .events = POLLIN, .revents = 0};
      if (way->writes()) wanted[count++] = {.fd = way->to(), .events = POLLOUT, .revents = 0};
    }
    if (::poll(wanted.data(), count, -1) < 0 && errno != EINTR) fail("cannot wait");
    for (const pollfd& ready : std::span(wanted).first(count)) {
      if (ready.revents == 0) continue;
      for (Way* way : {&there, &back}) {
        if (ready.events == POLLIN && way->reads() && ready.fd == way->from()) way->read();
        if (ready.events == POLLOUT && way->writes() && ready.fd == way->to()) way->write();
      }
    }
  }
}

}  // namespace

void add_relay(CLI::App& app, const Settings&) {
  CLI::App* const command =
      app.add_subcommand("relay", "Carry a connection between standard input and output and a daemon's socket");
  const auto path = std::make_shared<std::string>();
  command->add_option("socket", *path, "Path of the socket")->required()->type_name("PATH");
  command->callback([path] { carry(connected(*path)); });
}

}  // namespace sluice::cli
