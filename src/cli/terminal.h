#pragma once
// A terminal that passes every key on, for as long as this object lives.

#include <termios.h>

namespace sluice::cli {

class RawTerminal {
 public:
  explicit RawTerminal(int fd);  // does nothing if it is no terminal
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
  ~RawTerminal();
  bool is_terminal() const { return raw_; }

 private:
  int fd_;
  bool raw_ = false;
  termios before_{};
};

}  // namespace sluice::cli
