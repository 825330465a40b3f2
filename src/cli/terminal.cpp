#include "cli/terminal.h"

#include <unistd.h>

namespace sluice::cli {

RawTerminal::RawTerminal(int fd) : fd_(fd) {
  if (::isatty(fd) == 0 || ::tcgetattr(fd, &before_) != 0) return;
  termios raw = before_;
  ::cfmakeraw(&raw);
  raw_ = ::tcsetattr(fd, TCSADRAIN, &raw) == 0;  // what was typed meanwhile is for the guest as well
}

RawTerminal::~RawTerminal() {
  if (raw_) ::tcsetattr(fd_, TCSADRAIN, &before_);
}

}  // namespace sluice::cli
