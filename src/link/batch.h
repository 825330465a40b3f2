#pragma once
// Batch: what goes to the transport in a few writes: the heads of some frames and the bodies between them. It owns what
// it sends, so that an abort cannot take bytes away from a frame that was begun.
//
//   batch.add(head);  batch.add(chunk, part);
//   while (!batch.empty()) batch.consume(co_await transport.write_some(batch.left()));
//
// What lies in the kernel goes out between what lies in memory:
//
//   if (auto* front = batch.spliced()) batch.consume(co_await splicing.splice_out(*front, batch.front()));

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/chunk.h"
#include "io/spliced.h"

namespace sluice::link {

class Batch {
 public:
  void add(Buffer head);
  void add(std::shared_ptr<const Chunk> chunk, Bytes part);
  void add(std::shared_ptr<io::Spliced> spliced, std::size_t count);
  bool empty() const { return first_ == parts_.size(); }
  std::size_t bytes() const { return bytes_; }  // added since it was last empty
  std::size_t parts() const { return parts_.size(); }
  io::Spliced* spliced() const { return parts_[first_].spliced.get(); }  // of the first part; null: it lies in memory
  std::size_t front() const { return parts_[first_].size; }              // bytes left of the first part
  std::span<const Bytes> left();                                         // the parts in memory at the front, or some
  void consume(std::size_t count);

 private:
  struct Part {
    const std::byte* memory;
    std::size_t size;
    std::shared_ptr<io::Spliced> spliced;
  };
  std::vector<Part> parts_;
  std::vector<Buffer> heads_;  // keep the parts alive
  std::vector<std::shared_ptr<const Chunk>> chunks_;
  std::array<Bytes, 16> left_;
  std::size_t first_ = 0, bytes_ = 0;
};

}  // namespace sluice::link
