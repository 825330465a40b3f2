#include "link/batch.h"

#include "base/assert.h"

namespace sluice::link {

void Batch::add(Buffer head) {
  if (head.empty()) return;
  bytes_ += head.size();
  parts_.emplace_back(head);
  heads_.push_back(std::move(head));  // a moved vector keeps its memory
}

void Batch::add(std::shared_ptr<const Chunk> chunk, Bytes part) {
  if (part.empty()) return;
  bytes_ += part.size();
  parts_.push_back(part);
  chunks_.push_back(std::move(chunk));
}

void Batch::consume(std::size_t count) {
  while (count > 0) {
    ensure(first_ < parts_.size(), "no more was written than there was");
    Bytes& part = parts_[first_];
    const std::size_t taken = std::min(count, part.size());
    part = part.subspan(taken);
    count -= taken;
    if (part.empty()) ++first_;
  }
  if (!empty()) return;
  parts_.clear();
  heads_.clear();
  chunks_.clear();
  first_ = bytes_ = 0;
}

}  // namespace sluice::link
