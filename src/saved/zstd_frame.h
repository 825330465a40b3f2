#pragma once
// One section's bytes as one zstd frame, and back. The contexts are kept from section to section.

#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/chunk.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace sluice::saved {

class Compressor {
 public:
  explicit Compressor(int level);
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;
  // Nothing if the frame would not be smaller than `plain`.
  std::optional<Chunk> compress(Bytes plain);

 private:
  ZSTD_CCtx_s* context_;
  int level_;
};

class Decompressor {
 public:
  Decompressor();
  ~Decompressor();
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;
  // Nothing unless `stored` is exactly one frame of exactly `plain` bytes; more than that is never written.
  std::optional<Chunk> decompress(Bytes stored, std::size_t plain);

 private:
  ZSTD_DCtx_s* context_;
};

}  // namespace sluice::saved
