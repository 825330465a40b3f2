#include "cli/terminal.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string_view>

#include "cli/interrupt.h"

namespace sluice::cli {
namespace {

struct Opened {
  explicit Opened(const char* path) : fd(::open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)) {}
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  ~Opened() {
    if (fd >= 0) ::close(fd);
  }
  const int fd;
};

// Without echo while it lives, and as it was when the program is ended meanwhile.
class Hidden {
 public:
  Hidden(int fd, Interrupt* interrupt) : fd_(fd), interrupt_(interrupt) {
    if (::tcgetattr(fd, &before_) != 0) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    hidden.c_lflag |= ECHONL;
    if (interrupt != nullptr) interrupt->undo_at_end([this] { show(); });
    is_ = true;  // before it is: it is undone at any time
    if (::tcsetattr(fd, TCSAFLUSH, &hidden) != 0) is_ = false;
  }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;
  ~Hidden() {
    show();
    if (interrupt_ != nullptr) interrupt_->undo_at_end({});
  }
  bool is() const { return is_; }

 private:
  void show() const {
    if (is_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
  }
  const int fd_;
  Interrupt* const interrupt_;
  std::atomic<bool> is_ = false;
  termios before_{};
};

void say(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

// A line without its end; nothing if the input ends before it.
std::optional<std::string> line_of(int fd) {
  constexpr std::size_t most = 1'024;
  std::string line;
  for (char letter = 0; line.size() < most; line += letter) {
    ssize_t count = 0;
    do {
      count = ::read(fd, &letter, 1);
    } while (count < 0 && errno == EINTR);
    if (count <= 0) return std::nullopt;
    if (letter == '\n') return line;
  }
  return std::nullopt;
}

}  // namespace

RawTerminal::RawTerminal(int fd) : fd_(fd) {
  if (::isatty(fd) == 0 || ::tcgetattr(fd, &before_) != 0) return;
  termios raw = before_;
  ::cfmakeraw(&raw);
  raw_ = ::tcsetattr(fd, TCSADRAIN, &raw) == 0;  // what was typed meanwhile is for the guest as well
}

RawTerminal::~RawTerminal() {
  if (raw_) ::tcsetattr(fd_, TCSADRAIN, &before_);
}

std::optional<std::string> ask_at_terminal(const std::string& question, AskHow how) {
  const Opened terminal("/dev/tty");
  if (terminal.fd < 0) return std::nullopt;
  std::optional<Hidden> hidden;
  if (how.secret) hidden.emplace(terminal.fd, how.interrupt);
  if (hidden && !hidden->is()) return std::nullopt;
  say(terminal.fd, question);
  return line_of(terminal.fd);
}

}  // namespace sluice::cli
