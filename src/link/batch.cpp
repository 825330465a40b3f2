#include "link/batch.h"

#include <algorithm>

#include "base/assert.h"

namespace sluice::link {

void Batch::add(Buffer head) {
  if (head.empty()) return;
  bytes_ += head.size();
  parts_.push_back({.memory = head.data(), .size = head.size(), .spliced = nullptr});
  heads_.push_back(std::move(head));  // a moved vector keeps its memory
}

void Batch::add(std::shared_ptr<const Chunk> chunk, Bytes part) {
  if (part.empty()) return;
  bytes_ += part.size();
  parts_.push_back({.memory = part.data(), .size = part.size(), .spliced = nullptr});
  chunks_.push_back(std::move(chunk));
}

void Batch::add(std::shared_ptr<io::Spliced> spliced, std::size_t count) {
  ensure(count > 0, "a part has bytes");
  bytes_ += count;
  parts_.push_back({.memory = nullptr, .size = count, .spliced = std::move(spliced)});
}

std::span<const Bytes> Batch::left() {
  std::size_t count = 0;
  for (std::size_t i = first_; i < parts_.size() && count < left_.size() && !parts_[i].spliced; ++i) {
    left_[count++] = Bytes(parts_[i].memory, parts_[i].size);
  }
  return std::span(left_).first(count);
}

void Batch::consume(std::size_t count) {
  while (count > 0) {
    ensure(first_ < parts_.size(), "no more was written than there was");
    Part& part = parts_[first_];
    const std::size_t taken = std::min(count, part.size);
    if (!part.spliced) part.memory += taken;
    part.size -= taken;
    count -= taken;
    if (part.size > 0) continue;
    part.spliced.reset();  // its owner may use it again
    ++first_;
  }
  if (!empty()) return;
  parts_.clear();
  heads_.clear();
  chunks_.clear();
  first_ = bytes_ = 0;
}

}  // namespace sluice::link
