#include "base/chunk.h"

#include <array>
#include <new>

#include "base/assert.h"

namespace sluice {
namespace {

// Requests are rounded up to one of these, so that freed memory fits the next request.
constexpr std::array<std::size_t, 3> pooled_sizes{64 * 1024, 256 * 1024 + 4096, 1024 * 1024 + 4096};
constexpr std::size_t pooled_per_size = 8;

struct FreeList {
  std::array<std::byte*, pooled_per_size> memory{};
  std::size_t count = 0;
};

// Plain data, so that it stays usable while the thread's other objects are destroyed; `Drain` empties it.
thread_local std::array<FreeList, pooled_sizes.size()> free_lists;
thread_local bool drained = false;

struct Drain {
  ~Drain() {
    drained = true;
    for (FreeList& list : free_lists) {
      while (list.count > 0) ::operator delete(list.memory[--list.count]);
    }
  }
};
thread_local Drain drain;

std::size_t pool_of(std::size_t size) {
  std::size_t pool = 0;
  while (pool < pooled_sizes.size() && size > pooled_sizes[pool]) ++pool;
  return pool;
}

// Small chunks (keystrokes, the last of a file) are left to malloc.
constexpr std::size_t pooled_from = 16 * 1024;

}  // namespace

Chunk Chunk::uninitialised(std::size_t size) {
  Chunk chunk;
  chunk.size_ = size;
  chunk.capacity_ = size;
  const std::size_t pool = size < pooled_from ? pooled_sizes.size() : pool_of(size);
  if (pool < pooled_sizes.size()) {
    static_cast<void>(&drain);  // makes the thread's first use register the clean-up
    chunk.capacity_ = pooled_sizes[pool];
    FreeList& list = free_lists[pool];
    if (list.count > 0) {
      chunk.memory_ = list.memory[--list.count];
      return chunk;
    }
  }
  if (size > 0) chunk.memory_ = static_cast<std::byte*>(::operator new(chunk.capacity_));
  return chunk;
}

Chunk Chunk::copy_of(Bytes bytes) {
  Chunk chunk = uninitialised(bytes.size());
  if (!bytes.empty()) std::memcpy(chunk.data(), bytes.data(), bytes.size());
  return chunk;
}

Chunk Chunk::borrowed(Bytes bytes, Lender& lender) {
  ensure(!bytes.empty(), "nothing cannot be lent");
  Chunk chunk;
  chunk.memory_ = const_cast<std::byte*>(bytes.data());  // read only, as the header says
  chunk.size_ = bytes.size();
  chunk.lender_ = &lender;
  return chunk;
}

void Chunk::truncate(std::size_t size) {
  ensure(size <= size_, "a chunk does not grow");
  size_ = size;
}

void Chunk::drop_front(std::size_t count) {
  ensure(count <= size_, "only bytes that are there can be dropped");
  begin_ += count;
  size_ -= count;
}

void Chunk::release() noexcept {
  if (memory_ == nullptr) return;
  if (lender_ != nullptr) {
    memory_ = nullptr;
    return std::exchange(lender_, nullptr)->returned();
  }
  const std::size_t pool = pool_of(capacity_);
  if (!drained && pool < pooled_sizes.size() && capacity_ == pooled_sizes[pool] &&
      free_lists[pool].count < pooled_per_size) {
    static_cast<void>(&drain);
    free_lists[pool].memory[free_lists[pool].count++] = memory_;
  } else {
    ::operator delete(memory_);
  }
  memory_ = nullptr;
}

}  // namespace sluice
