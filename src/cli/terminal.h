#pragma once
// A terminal that passes every key on, for as long as this object lives; and questions to who sits at it.

#include <termios.h>

#include <optional>
#include <string>

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

class Interrupt;

// At the terminal of this process, wherever its input and output go. Nothing: it has none, or who sits there ended the
// input. A secret is not shown while it is typed.
struct AskHow {
  bool secret = false;
  Interrupt* interrupt = nullptr;  // has the terminal as it was before the program ends
};
std::optional<std::string> ask_at_terminal(const std::string& question, AskHow how);

}  // namespace sluice::cli
