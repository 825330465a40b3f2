#include "saved/zstd_frame.h"

#include <zstd.h>

#include <algorithm>
#include <new>

namespace sluice::saved {

Compressor::Compressor(int level)
    : context_(ZSTD_createCCtx()), level_(std::clamp(level, ZSTD_minCLevel(), ZSTD_maxCLevel())) {
  if (context_ == nullptr) throw std::bad_alloc();
}
Compressor::~Compressor() { ZSTD_freeCCtx(context_); }

std::optional<Chunk> Compressor::compress(Bytes plain) {
  if (plain.size() < 2) return std::nullopt;
  Chunk stored = Chunk::uninitialised(plain.size() - 1);
  const std::size_t length =
      ZSTD_compressCCtx(context_, stored.data(), stored.size(), plain.data(), plain.size(), level_);
  if (ZSTD_isError(length) != 0) return std::nullopt;
  stored.truncate(length);
  return stored;
}

Decompressor::Decompressor() : context_(ZSTD_createDCtx()) {
  if (context_ == nullptr) throw std::bad_alloc();
}
Decompressor::~Decompressor() { ZSTD_freeDCtx(context_); }

std::optional<Chunk> Decompressor::decompress(Bytes stored, std::size_t plain) {
  // Several frames in a row would decompress as one; a section has one.
  if (ZSTD_findFrameCompressedSize(stored.data(), stored.size()) != stored.size()) return std::nullopt;
  Chunk out = Chunk::uninitialised(plain);
  const std::size_t length = ZSTD_decompressDCtx(context_, out.data(), out.size(), stored.data(), stored.size());
  if (ZSTD_isError(length) != 0 || length != plain) return std::nullopt;
  return out;
}

}  // namespace sluice::saved
