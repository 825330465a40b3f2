#pragma once
// Parts: the bytes of one section in the chunks in which they came. Bytes are copied only where a section ends inside a
// chunk, and then the fewer ones, or where chunks are so small that keeping them would cost more.
//
//   Parts parts;
//   parts.take(chunk, head.stored - parts.size());     // the front of the chunk; the rest stays in it
//   for (const Chunk& each : parts.chunks()) hash.add(each.bytes());

#include <cstddef>
#include <vector>

#include "base/chunk.h"

namespace sluice::saved {

class Parts {
 public:
  void take(Chunk& chunk, std::size_t most);
  std::size_t size() const { return size_; }
  std::vector<Chunk> chunks() &&;

 private:
  void gather(Bytes bytes, std::size_t most);
  void close_gathering();

  std::vector<Chunk> chunks_;
  Chunk gathering_;  // small ones, one behind the other
  std::size_t gathered_ = 0, size_ = 0;
};

Chunk join(std::vector<Chunk> chunks);  // in one piece; one alone is not copied

}  // namespace sluice::saved
