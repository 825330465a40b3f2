#include "qmp/line.h"

namespace sluice::qmp {

void LineSplitter::feed(Bytes bytes) {
  if (too_long_) return;
  held_.append(as_text(bytes));
}

std::optional<std::string> LineSplitter::next() {
  while (!too_long_) {
    const std::size_t end = held_.find('\n', scanned_);
    const bool whole = end != std::string::npos;
    const std::size_t length = (whole ? end : held_.size()) - begin_;
    if (length > line_max_) {
      too_long_ = true;
      held_ = {};
      begin_ = scanned_ = 0;
      return std::nullopt;
    }
    if (!whole) {
      // What was given out is forgotten in one move per call of feed(), not one per line.
      held_.erase(0, begin_);
      begin_ = 0;
      scanned_ = held_.size();
      return std::nullopt;
    }
    std::string line = held_.substr(begin_, length);
    begin_ = scanned_ = end + 1;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) return line;
  }
  return std::nullopt;
}

}  // namespace sluice::qmp
