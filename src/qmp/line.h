#pragma once
// Cuts the monitor's byte stream into lines, with a bound: QEMU is not trusted, so a line without end is an error and
// not a growing buffer.
//
//   lines.feed(bytes);
//   while (auto line = lines.next()) ...    // without its line end; empty lines are skipped
//   if (lines.too_long()) ...

#include <cstddef>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace sluice::qmp {

class LineSplitter {
 public:
  explicit LineSplitter(std::size_t line_max) : line_max_(line_max) {}

  void feed(Bytes bytes);
  std::optional<std::string> next();
  // A line passed the bound; nothing more comes out.
  bool too_long() const { return too_long_; }
  // Bytes of a line that has not ended.
  std::size_t unfinished() const { return held_.size() - begin_; }

 private:
  std::string held_;
  std::size_t begin_ = 0;    // of the line that comes next
  std::size_t scanned_ = 0;  // no line end between begin_ and here
  std::size_t line_max_;
  bool too_long_ = false;
};

}  // namespace sluice::qmp
