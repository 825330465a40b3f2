#include "saved/parts.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sluice::saved {
namespace {

constexpr std::size_t small = 16 * 1024;         // from here on a chunk is kept
constexpr std::size_t gathered_max = 64 * 1024;  // what smaller ones are put together in

}  // namespace

void Parts::take(Chunk& chunk, std::size_t most) {
  const std::size_t count = std::min(chunk.size(), most);
  if (count == 0) return;
  if (count < small) {
    gather(chunk.bytes().first(count), most);
    chunk.drop_front(count);
    return;
  }
  close_gathering();
  size_ += count;
  if (count == chunk.size()) {
    chunks_.push_back(std::exchange(chunk, Chunk()));
  } else if (count <= chunk.size() / 2) {
    chunks_.push_back(Chunk::copy_of(chunk.bytes().first(count)));
    chunk.drop_front(count);
  } else {
    Chunk rest = Chunk::copy_of(chunk.bytes().subspan(count));
    chunk.truncate(count);
    chunks_.push_back(std::exchange(chunk, std::move(rest)));
  }
}

void Parts::gather(Bytes bytes, std::size_t most) {
  while (!bytes.empty()) {
    if (gathering_.empty()) gathering_ = Chunk::uninitialised(std::min(most, gathered_max));
    const std::size_t count = std::min(bytes.size(), gathering_.size() - gathered_);
    std::memcpy(gathering_.data() + gathered_, bytes.data(), count);
    gathered_ += count;
    size_ += count;
    most -= count;
    bytes = bytes.subspan(count);
    if (gathered_ == gathering_.size()) close_gathering();
  }
}

void Parts::close_gathering() {
  if (gathered_ == 0) return;
  gathering_.truncate(gathered_);
  chunks_.push_back(std::exchange(gathering_, Chunk()));
  gathered_ = 0;
}

std::vector<Chunk> Parts::chunks() && {
  close_gathering();
  size_ = 0;
  return std::exchange(chunks_, {});
}

Chunk join(std::vector<Chunk> chunks) {
  if (chunks.size() == 1) return std::move(chunks.front());
  std::size_t size = 0;
  for (const Chunk& each : chunks) size += each.size();
  Chunk whole = Chunk::uninitialised(size);
  std::size_t at = 0;
  for (const Chunk& each : chunks) {
    std::memcpy(whole.data() + at, each.data(), each.size());
    at += each.size();
  }
  return whole;
}

}  // namespace sluice::saved
