#pragma once
// Batch: what goes to the transport in one write: the heads of some frames and the bodies between them. It owns what it
// sends, so that an abort cannot take bytes away from a frame that was begun.
//
//   batch.add(head);  batch.add(chunk, part);
//   while (!batch.empty()) batch.consume(co_await transport.write_some(batch.left()));

#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/chunk.h"

namespace sluice::link {

class Batch {
 public:
  void add(Buffer head);
  void add(std::shared_ptr<const Chunk> chunk, Bytes part);
  bool empty() const { return first_ == parts_.size(); }
  std::size_t bytes() const { return bytes_; }  // added since it was last empty
  std::size_t parts() const { return parts_.size(); }
  std::span<const Bytes> left() const { return std::span(parts_).subspan(first_); }
  void consume(std::size_t count);

 private:
  std::vector<Bytes> parts_;
  std::vector<Buffer> heads_;  // keep the parts alive
  std::vector<std::shared_ptr<const Chunk>> chunks_;
  std::size_t first_ = 0, bytes_ = 0;
};

}  // namespace sluice::link
