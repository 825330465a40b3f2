#pragma once
// SplicedCopy: a look at bytes that lie in the kernel, while they also stay there.
//
//   if (copy.of(*spliced)) hash(size, [&] { return copy.show(); });

#include "base/chunk.h"
#include "io/spliced.h"

namespace sluice::driver {

class SplicedCopy {
 public:
  // All bytes of `original`. False: there was no room, so they are to be read out.
  [[nodiscard]] bool of(io::Spliced& original) { return original.copy_to(copy_); }
  Bytes show() { return copy_.take(room_.writable()); }  // the next of them, until the next call
  std::size_t left() const { return copy_.size(); }

 private:
  io::Spliced copy_;
  Chunk room_ = Chunk::uninitialised(64 * 1024);  // stays in the processor's cache
};

}  // namespace sluice::driver
